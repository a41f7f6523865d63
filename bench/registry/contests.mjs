// The four contests with crane on one registry. `ours` and `crane` are whole commands; `before` runs untimed.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { line } from "../peers.mjs";
import { IMAGES, prepareCatalog, prepareImage, pushWithCrane } from "./inputs.mjs";

/** Bytes that we may send of what crane sends. */
const MOST_SENT = 1 / 3;

/** The contests, with what they need in the registry. */
export async function openContests({ work, home, scratch, crane, registry }) {
  const image = await prepareImage(work, home);
  const catalog = await prepareCatalog(work);
  const layout = join(image, "layout");
  const store = join(work, "stores", "registry");
  const cli = join(home, "dist/cli/main.js");
  const env = { LAYERWRIGHT_CACHE: store };
  await pushWithCrane(crane, layout, `${registry.host}/bench/image:1`);
  await pushWithCrane(crane, layout, `${registry.host}/bench/base:1`);
  const run = (...words) => line(...crane.run, ...words);
  const out = (name) => join(scratch, name);
  const clean =
    (...names) =>
    () => {
      for (const name of names) rmSync(out(name), { force: true });
    };
  return [
    {
      name: "pull",
      title: "pull of a 300 MB image",
      // Nothing of it is in the store: pull keeps nothing.
      before: clean("ours.tar", "crane.tar"),
      ours: (host) => ({
        command: [
          process.execPath,
          [cli, "pull", `${host}/bench/image:1`, "-o", out("ours.tar"), "--progress", "quiet"],
        ],
        env,
      }),
      crane: (host) => run("pull", "--insecure", `${host}/bench/image:1`, out("crane.tar")),
    },
    {
      name: "push",
      title: "push of a 300 MB image",
      ours: (host, round) => ({
        command: [process.execPath, [join(home, "registry/scripts/push.mjs")]],
        env: { ...env, LW_CONTEXT: image, LW_REFERENCE: `${host}/ours/push-${round}:1` },
      }),
      crane: (host, round) => run("push", "--insecure", layout, `${host}/crane/push-${round}:1`),
    },
    {
      name: "catalog",
      title: `push of ${IMAGES} images over one base`,
      mostSent: MOST_SENT,
      ours: (host, round) => ({
        command: [process.execPath, [join(home, "registry/scripts/catalog.mjs")]],
        env: {
          ...env,
          LW_CONTEXT: catalog,
          LW_BASE: `${host}/bench/base:1`,
          LW_PREFIX: `${host}/ours/catalog-${round}`,
          LW_IMAGES: String(IMAGES),
        },
      }),
      crane: (host, round) =>
        Array.from({ length: IMAGES }, (_, at) =>
          run(
            ...["append", "--insecure", "-b", `${host}/bench/base:1`, "-f", join(catalog, "common.tar")],
            ...["-f", join(catalog, `own-${at}.tar`), "-t", `${host}/crane/catalog-${round}-${at}:1`],
          ),
        ).join(" && "),
    },
    {
      name: "copy",
      title: "copy when everything is there",
      ours: (host) => ({
        command: [
          process.execPath,
          [cli, "copy", `${host}/bench/image:1`, `${host}/bench/image:2`, "--progress", "quiet"],
        ],
        env,
      }),
      crane: (host) => run("copy", "--insecure", `${host}/bench/image:1`, `${host}/bench/image:2`),
    },
  ];
}
