import fc from "fast-check";
import { Image, type Recipe } from "layerwright";
import type { BaseKind } from "../fixtures/base-kinds.js";
import { type Change, change, shown } from "./random-image.js";

/** One change of a description; the tools of the base decide how an account is made. */
export type KindChange = (kind: BaseKind) => Change;

const quiet = { network: "none" } as const;
const always = (one: fc.Arbitrary<Change>): fc.Arbitrary<KindChange> => one.map((same) => () => same);

/** Directories that a base has in its own way: setgid, linked, or somebody's. */
const special = fc.constantFrom(
  "/var/mail",
  "/lib",
  "/home/app",
  "/var/local",
  "/var/run",
  "/opt/old",
  "/tmp",
);
const below = fc
  .tuple(special, fc.constantFrom("f", "new/f", "new/sub/f"))
  .map(([top, name]) => `${top}/${name}`);

const inSpecial = fc.oneof(
  fc.tuple(below, fc.constantFrom("one\n", "two\n")).map(
    ([path, text]) =>
      (image: Image) =>
        image.write(path, text),
  ),
  fc.tuple(below, fc.constantFrom("file", "to-file")).map(
    ([path, from]) =>
      (image: Image) =>
        image.copy(from, path),
  ),
  below.map((path) => (image: Image) => image.copy("tree", path)),
  fc.tuple(below, fc.constantFrom<number | undefined>(undefined, 0o700, 0o2775)).map(
    ([path, mode]) =>
      (image: Image) =>
        image.mkdir(path, mode === undefined ? {} : { mode }),
  ),
  fc.tuple(special, fc.constantFrom<number | string>(0o755, 0o2750, "g+w", "u=rwX,go=rX")).map(
    ([path, mode]) =>
      (image: Image) =>
        image.chmod(path, mode),
  ),
  fc.tuple(special, fc.constantFrom("0:0", "7:8")).map(
    ([path, owner]) =>
      (image: Image) =>
        image.chown(path, owner),
  ),
);

const directory = fc.constantFrom("/a", "/a/b", "/d", "/d/sub", "/srv/x", "/var/mail/y", "/lib/x");
const made = fc.constantFrom("/a/one", "/a/b/two", "/d/one", "/d/sub/two", "/top", "/srv/x/made", "/lib/x/f");

/** A command that succeeds, whatever is there. */
const command = fc.oneof(
  fc
    .tuple(directory, fc.nat(3))
    .map(([path, text]) => `mkdir -p ${path} && echo ${text} > ${path}/made || true`),
  fc.tuple(made, fc.nat(3)).map(([path, text]) => `echo ${text} >> ${path} || true`),
  made.map((path) => `rm -rf ${path}`),
  made.map((path) => `touch ${path}.tmp && rm -f ${path}.tmp || true`),
  directory.map((path) => `rm -rf ${path}/sub`),
  fc
    .tuple(made, fc.constantFrom("600", "755", "4711", "go-rwx"))
    .map(([path, mode]) => `chmod ${mode} ${path} || true`),
  fc.tuple(directory, directory).map(([from, to]) => `mv ${from} ${to}-moved || true`),
  // Into itself, how far a copy comes depends on the order in which a file system lists its names.
  fc
    .tuple(directory, directory)
    .filter(([from, to]) => !`${to}-copied`.startsWith(`${from}/`))
    .map(([from, to]) => `cp -a ${from} ${to}-copied || true`),
  made.map((path) => `ln -s ${path} /link || true`),
);
const run = command.map((text) => (image: Image) => image.run(text, quiet));

/**
 * Lines of package managers that stand in for real ones, one after another where the later ones need what the earlier
 * ones left; now and then one that lacks it and fails.
 */
const managed = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom(
      ["apt-get update && apt-get install -y --no-install-recommends less"],
      ["apt-get update", "apt-get install -y file"],
      ["apt-get update && apt-get install -y -d cron less", "apt-get install -y --no-download cron less"],
      ["apt-get update && apt-get install -y file && rm -rf /var/lib/apt/lists/*"],
      ["mkdir -p /srv && cd /srv && npm ci"],
      ["mkdir -p /srv && cd /srv && npm ci", "cd /srv && rm -r node_modules && npm ci --offline"],
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(["apt-get install -y file"], ["mkdir -p /srv && cd /srv && npm ci --offline"]),
  },
);
const manager = managed.map(
  (lines) => (image: Image) => lines.reduce((so, line) => so.run(line, quiet), image),
);

/** An account that is made and used, in one layer or in several. */
const account = fc
  .record({
    together: fc.boolean(),
    name: fc.constantFrom("neu", "worker"),
    dest: fc.constantFrom("/srv/own", "/srv/own/deep/f"),
    source: fc.constantFrom("file", "tree"),
  })
  .map(({ together, name, dest, source }) => (kind: BaseKind) => (image: Image) => {
    const make =
      kind === "gnu"
        ? `id ${name} > /dev/null 2>&1 || useradd -m ${name}`
        : `id ${name} > /dev/null 2>&1 || { echo '${name}:x:2000:2000::/:/bin/sh' >> /etc/passwd && echo '${name}:x:2000:' >> /etc/group; }`;
    const recipe: Recipe = (one) => one.run(make, quiet).copy(source, dest, { owner: name });
    return together ? image.with(recipe) : recipe(image);
  });

const config = fc.constantFrom<Change>(
  (image) => image.env("PATH", "/opt/bin:$PATH"),
  (image) => image.env("A", "1").env("B", "$A and more"),
  (image) => image.workdir("/srv/work").copy("file", "beside"),
  (image) => image.user("app").run("id > /tmp/id; id -G >> /tmp/id", quiet).user("root"),
  (image) => image.label("a", "1").expose(80).cmd(["true"]),
  (image) => image.entrypoint(["sh"]).cmd(["-c", "true"]),
);

const single: fc.Arbitrary<KindChange> = fc.oneof(
  { weight: 8, arbitrary: always(change) },
  { weight: 3, arbitrary: always(inSpecial) },
  { weight: 3, arbitrary: always(run) },
  { weight: 1, arbitrary: always(config) },
);

/** Steps that are one layer. */
const group: fc.Arbitrary<KindChange> = fc
  .tuple(fc.boolean(), fc.array(single, { minLength: 2, maxLength: 4 }))
  .map(([isNamed, parts]) => (kind: BaseKind) => (image: Image) => {
    const recipe: Recipe = (one) => parts.reduce((so, part) => part(kind)(so), one);
    return isNamed ? image.layer("group", recipe) : image.with(recipe);
  });

/** What another image holds is copied; now and then it is not there. */
const stage: fc.Arbitrary<KindChange> = fc
  .tuple(
    fc.option(change, { freq: 1 }),
    fc.constantFrom("/a", "/d", "/a", "/d", "/top", "/nothing"),
    fc.constantFrom("/d/", "/a/copied", "/srv/x/"),
  )
  .map(([part, from, to]) => () => (image: Image) => {
    const other = Image.scratch().copy("tree", "/a").copy("src", "/d").write("/top", "top\n");
    return image.copy((part === null ? other : part(other)).path(from), to);
  });

const boundary: KindChange = () => (image) => Image.from(image);

const step: fc.Arbitrary<KindChange> = fc.oneof(
  { weight: 10, arbitrary: single },
  { weight: 2, arbitrary: group },
  { weight: 2, arbitrary: always(manager) },
  { weight: 1, arbitrary: account },
  { weight: 1, arbitrary: stage },
  { weight: 1, arbitrary: fc.constant(boundary) },
);

/** What many a step works on, so that it is not refused because nothing is there. */
const begun = fc.constantFrom<KindChange>(
  () => (image) =>
    image.copy("tree", "/d").copy("tree/sub", "/a/b").copy("file", "/a/one").copy("tool", "/top"),
  () => (image) =>
    image.with((one) =>
      one
        .write("/d/sub/two", "2\n")
        .symlink("one", "/d/link")
        .copy("src/*.js", "/d/")
        .copy("hard", "/lib/x")
        .copy("tool", "/a/b/two")
        .write("/d/one", "1\n"),
    ),
  () => (image) =>
    image.run(
      "mkdir -p /a/b /d/sub /lib/x /tmp/x && echo 1 > /a/one && cp /a/one /d/run && ln -s one /d/link",
      quiet,
    ),
);

/** A description: steps over a base of a kind, in a place, with a squash policy. */
export interface Description {
  readonly kind: BaseKind;
  readonly place: "disk" | "registry";
  readonly policy: "keep" | "own" | "all";
  readonly steps: readonly KindChange[];
}

/** A description of 1 to 8 steps. The GNU base is larger and takes longer, so that fewer start there. */
export const description: fc.Arbitrary<Description> = fc.record({
  kind: fc.constantFrom("busybox", "busybox", "gnu"),
  place: fc.constantFrom("disk", "registry"),
  policy: fc.constantFrom("keep", "keep", "keep", "own", "all"),
  steps: fc
    .tuple(fc.option(begun, { freq: 6 }), fc.array(step, { minLength: 1, maxLength: 8 }))
    .map(([first, others]) => (first === null ? others : [first, ...others])),
});

/** The image of a description on a base. */
export function imageOf({ kind, policy, steps }: Description, base: Image): Image {
  return steps.reduce((image, one) => one(kind)(image), base).squash(policy);
}

/** The description in words, for a report. */
export function wordsOf({ kind, place, policy, steps }: Description): string {
  const lines = steps.map((one) => `  ${shown(one(kind))}`);
  return [`${kind}, ${place}, squash ${policy}:`, ...lines].join("\n");
}

/** Files whose place is never a file of another: nothing is refused. */
const harmless = fc
  .tuple(fc.constantFrom("/a", "/d/sub", "/srv/x"), fc.constantFrom("file", "tool", "src/*.js"))
  .map(
    ([path, source]) =>
      (image: Image) =>
        image.copy(source, `${path}/`),
  );

const rebuilt: fc.Arbitrary<KindChange> = fc.oneof(
  { weight: 5, arbitrary: always(run) },
  { weight: 2, arbitrary: always(manager) },
  { weight: 2, arbitrary: always(harmless) },
);

/** A description of commands, most of which succeed, and the same with another command in the place of one step. */
export const changed: fc.Arbitrary<{ readonly before: Description; readonly after: Description }> = fc
  .record({
    policy: fc.constantFrom<Description["policy"]>("keep", "keep", "keep", "own"),
    steps: fc.array(rebuilt, { minLength: 2, maxLength: 6 }),
    at: fc.nat(),
    other: always(run),
  })
  .map(({ policy, steps, at, other }) => {
    const place = at % steps.length;
    const start: KindChange = () => (image) =>
      image
        .run("mkdir -p /a/b /d/sub /srv/x && echo 1 > /a/one && mkdir /srv/node_modules", quiet)
        .run("apt-get update && apt-get install -y -d cron less", quiet);
    const description = (own: readonly KindChange[]): Description => {
      return { kind: "busybox", place: "disk", policy, steps: [start, ...own] };
    };
    const after = steps.map((one, index) => (index === place ? other : one));
    return { before: description(steps), after: description(after) };
  });

/** Images of one catalog that grow from one value. */
export interface Forks {
  readonly kind: BaseKind;
  readonly place: "disk" | "registry";
  readonly prefix: readonly KindChange[];
  readonly tails: readonly {
    readonly policy: Description["policy"];
    readonly steps: readonly KindChange[];
  }[];
}

const forked: fc.Arbitrary<KindChange> = fc.oneof(
  { weight: 4, arbitrary: always(run) },
  { weight: 2, arbitrary: always(manager) },
  { weight: 4, arbitrary: always(harmless) },
  { weight: 1, arbitrary: fc.constant(boundary) },
);

/** Two or three images of 1 to 3 steps each, that have 1 to 4 steps in common. */
export const forks: fc.Arbitrary<Forks> = fc.record({
  kind: fc.constantFrom("busybox", "busybox", "gnu"),
  place: fc.constantFrom("disk", "registry"),
  prefix: fc.tuple(begun, fc.array(forked, { maxLength: 3 })).map(([first, others]) => [first, ...others]),
  tails: fc.array(
    fc.record({
      policy: fc.constantFrom<Description["policy"]>("keep", "keep", "keep", "own"),
      steps: fc.array(forked, { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 2, maxLength: 3 },
  ),
});

/** The images of forks on a base. */
export function forkedImages({ kind, prefix, tails }: Forks, base: Image): Image[] {
  const start = prefix.reduce((image, one) => one(kind)(image), base);
  return tails.map(({ policy, steps }) =>
    steps.reduce((image, one) => one(kind)(image), start).squash(policy),
  );
}

/** Forks in words, for a report. */
export function forksInWords({ kind, place, prefix, tails }: Forks): string {
  const lines = (steps: readonly KindChange[]) => steps.map((one) => `  ${shown(one(kind))}`);
  const each = tails.flatMap(({ policy, steps }) => [` then, squash ${policy}:`, ...lines(steps)]);
  return [`${kind}, ${place}:`, ...lines(prefix), ...each].join("\n");
}
