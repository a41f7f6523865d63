// Writes a project whose images can be built with no network: families of services on a few bases, all with squash "auto".
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Services that have their dependencies in common. */
const FAMILY = 14;

/** Makes the project of so many images in a folder; `api` is the file that the package is imported from. */
export function writeBuiltProject(folder, count, api) {
  mkdirSync(join(folder, "app"), { recursive: true });
  writeFileSync(join(folder, "package.json"), '{"type":"module"}\n');
  for (let at = 0; at < count; at++) write(join(folder, "app", String(at), "main.js"), 2000, `app ${at}`);
  for (let at = 0; at * FAMILY < count; at++) {
    for (let file = 0; file < 40; file++)
      write(join(folder, "deps", String(at), `lib-${file}`, "index.js"), 3000, `dependency ${at} ${file}`);
  }
  for (let file = 0; file < 100; file++)
    write(join(folder, "certs", `${file}.crt`), 1500, `certificate ${file}`);
  writeFileSync(join(folder, "catalog.ts"), catalogText(count, api));
}

function write(path, size, text) {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text.repeat(Math.ceil(size / text.length)).slice(0, size));
}

function catalogText(count, api) {
  return `import { Catalog, Image } from ${JSON.stringify(api)};

const bases = [0, 1, 2, 3].map((at) =>
  // With a stand-in of the tool that a Dockerfile changes modes with.
  (at % 2 === 0 ? Image.scratch().mkdir("/srv") : Image.scratch()).write("/bin/chmod", "").write("/etc/os-release", "base " + at + "\\n".repeat(50000)),
);

const images: Record<string, Image> = {};
for (let at = 0; at < ${count}; at++) {
  const family = Math.floor(at / ${FAMILY});
  images["image-" + at] = Image.from(bases[family % bases.length]!)
    .copy("app/" + at + "/", "/srv/app/")
    .copy("deps/" + family + "/", "/srv/app/node_modules/")
    .copy("certs/", "/etc/ssl/certs/")
    .write("/etc/service", "service " + at + "\\n")
    .chmod("/srv/app/main.js", 0o755)
    .env("NAME", "image-" + at)
    .squash("auto");
}

export default new Catalog("scale", images, { platforms: ["linux/amd64"] });
`;
}
