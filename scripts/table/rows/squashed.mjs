import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Image } from "layerwright";

const PIECE = 10_000_000;

/** An application in pieces, with tests that nobody ships. */
function prepare(folder) {
  const app = join(folder, "app");
  mkdirSync(join(app, "parts"), { recursive: true });
  mkdirSync(join(app, "tests"));
  for (const name of ["parts/one", "parts/two", "tests/data"]) {
    // Digits that no compressor folds up, the same ones every time.
    let state = name.length + 1;
    const bytes = Buffer.alloc(PIECE);
    for (let at = 0; at < PIECE; at += 4) {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      bytes.writeUInt32LE(state, at);
    }
    writeFileSync(join(app, name), bytes);
  }
}

const STEPS = `FROM debian:bookworm AS steps
COPY app/ /opt/app/
RUN cat /opt/app/parts/* > /opt/app/data
RUN rm -r /opt/app/parts /opt/app/tests
RUN chmod 0444 /opt/app/data
RUN rm -r /usr/share/doc /usr/share/locale /usr/share/man
`;

const steps = (base) =>
  Image.from(base)
    .copy("app/", "/opt/app/")
    .run("cat /opt/app/parts/* > /opt/app/data")
    .run("rm -r /opt/app/parts /opt/app/tests")
    .run("chmod 0444 /opt/app/data")
    .run("rm -r /usr/share/doc /usr/share/locale /usr/share/man");

export const squashedOwn = {
  id: "g",
  title: "an application's own steps as one layer",
  prepare,
  naive: STEPS,
  best: `${STEPS}
FROM debian:bookworm
COPY --from=steps /opt/app /opt/app
RUN rm -r /usr/share/doc /usr/share/locale /usr/share/man
`,
  ours: (base) => steps(base).squash("own"),
  why: "Its own steps are one layer over the untouched base: pieces and tests are in none. What was removed from the base frees nothing here, since the base stays shared.",
};

export const squashedAll = {
  id: "g",
  title: "the same with its base in one layer",
  prepare,
  naive: STEPS,
  best: `${STEPS}
FROM scratch
COPY --from=steps / /
CMD ["bash"]
`,
  ours: (base) => steps(base).squash("all"),
  why: "Now the base's documentation is gone too. The price: nothing is shared with other images on that base any more (row h).",
};
