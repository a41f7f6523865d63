// Writes a project with a catalog of many images: each has a file of its own, and shares its parents with others.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** How many images stand on one parent, and how many parents on one base. */
const CHILDREN = 20;

/** Makes the project of so many images in a folder; `api` is the file that the package is imported from. */
export function writeProject(folder, count, api) {
  mkdirSync(join(folder, "files"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}\n');
  for (let at = 0; at < count; at++)
    writeFileSync(join(folder, "files", `${at}.txt`), `file of image ${at}\n`);
  writeFileSync(join(folder, "catalog.ts"), catalogText(count, api));
}

function catalogText(count, api) {
  return `import { Catalog, Image, apt } from ${JSON.stringify(api)};

const bases = ["debian:bookworm-slim", "alpine:3.20", "scratch"].map((base) =>
  (base === "scratch" ? Image.scratch() : Image.from(base)).write("/etc/motd", "of the team\\n").label("team", "a"),
);

function parentOf(at: number): Image {
  const base = bases[at % bases.length]!;
  const own = at % bases.length === 0 ? base.with(apt.install("ca-certificates")) : base;
  return own.mkdir("/srv/app").write("/srv/app/version", String(at)).env("TEAM", String(at));
}

const images: Record<string, Image> = {};
let parent = parentOf(0);
for (let at = 0; at < ${count}; at++) {
  if (at % ${CHILDREN} === 0) parent = parentOf(at / ${CHILDREN});
  images["image-" + at] = Image.from(parent)
    .copy("files/" + at + ".txt", "/srv/app/own.txt", { mode: 0o644 })
    .chmod("/srv/app/own.txt", 0o600)
    .env("NAME", "image-" + at)
    .label("image", String(at))
    .workdir("/srv/app")
    .user(65532)
    .cmd(["/srv/app/run", String(at)]);
}

export default new Catalog("scale", images, { platforms: ["linux/amd64"] });
`;
}
