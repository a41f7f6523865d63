import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import type { Command } from "commander";
import { isPathComponent } from "../../oci/reference.js";
import { catalogNames } from "../open-catalog.js";
import { UsageError } from "../option-value.js";
import { defaultFolder } from "../output-places.js";
import { ownVersion } from "../own-package.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";

/** `layerwright init`: a catalog that works, and never a file that is overwritten. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[directory]", "directory of the new catalog (default: the working directory)")
    .option("--name <name>", "name of the catalog (default: the directory's name)");
  examples(command, ["layerwright init my-images", "layerwright init --name acme"]);
  act(command, shell, init);
}

async function init(
  _: Session,
  [named = "."]: readonly string[],
  flags: { readonly name?: string },
): Promise<Report> {
  const folder = resolve(named);
  const name = nameFor(flags.name ?? basename(folder));
  const files = starterFiles(name);
  refuseExisting(folder, files);
  const written = [...files];
  if (!existsSync(join(folder, "package.json"))) written.push(starterPackage(name, ownVersion()));
  for (const file of written) writeNew(folder, file);
  const ignored = ignoreOutput(folder);
  const paths = [...written.map(({ path }) => path), ...(ignored ? [".gitignore"] : [])];
  const place = relative(process.cwd(), folder);
  const commands = [
    ...(place === "" ? [] : [`cd ${place}`]),
    ...(existsSync(join(folder, "node_modules", "layerwright")) ? [] : ["npm install"]),
    "npx layerwright build",
  ];
  return {
    json: { folder, name, files: paths, next: commands },
    quiet: paths.map((path) => `${join(folder, path)}\n`).join(""),
    text: (paint) =>
      `${paths.map((path) => `wrote ${paint.cyan(join(place, path))}\n`).join("")}\nnext:\n${commands.map((line) => `  $ ${line}\n`).join("")}`,
  };
}

/** Directories can have names that no repository can. */
function nameFor(text: string): string {
  const kebab = text
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "");
  return isPathComponent(kebab) ? kebab : "images";
}

function refuseExisting(folder: string, files: readonly StarterFile[]): void {
  const candidates = new Set([...catalogNames, ...files.map(({ path }) => path)]);
  const existing = [...candidates].filter((path) => existsSync(join(folder, path)));
  if (existing.length > 0) throw new UsageError("INIT_EXISTS", { files: existing }, { subject: folder });
}

function writeNew(folder: string, { path, contents }: StarterFile): void {
  const place = join(folder, path);
  mkdirSync(dirname(place), { recursive: true });
  // Fails rather than overwrites, whoever made the file since we looked.
  writeFileSync(place, contents, { flag: "wx" });
}

/** What is made does not belong into the history; returns whether a line was added. */
function ignoreOutput(folder: string): boolean {
  const path = join(folder, ".gitignore");
  const before = existsSync(path) ? readFileSync(path, "utf8") : "node_modules/\n";
  if (before.split(/\r?\n/).some((line) => line.replace(/\/$/, "") === defaultFolder)) return false;
  const gap = before === "" || before.endsWith("\n") ? "" : "\n";
  writeFileSync(path, `${before}${gap}${defaultFolder}/\n`);
  return true;
}

/** One file that `init` writes. */
interface StarterFile {
  /** Relative to the directory, with slashes. */
  readonly path: string;
  readonly contents: string;
}

/** A catalog that builds at once, offline: static files on scratch. */
function starterFiles(name: string): readonly StarterFile[] {
  return [
    {
      path: "catalog.ts",
      contents: `import { Catalog, Image } from "layerwright";

// Static files alone. \`copy\` takes the contents of site/, relative to this file's directory.
export const site = Image.scratch()
  .copy("site/", "/srv/www/", { mode: "u=rwX,go=rX" })
  .label("org.opencontainers.image.title", ${JSON.stringify(`${name} site`)});

// A server for them: another image is a base, and its layers are shared.
// export const server = Image.from(site).binary("bin/server", "/server").user(65532).cmd(["/server", "/srv/www"]);

export default new Catalog(${JSON.stringify(name)}, { site });
`,
    },
    {
      path: "site/index.html",
      contents: `<!doctype html>
<html lang="en">
  <meta charset="utf-8">
  <title>${name}</title>
  <h1>Hello from ${name}</h1>
</html>
`,
    },
  ];
}

/** The package that the catalog is part of, where there is none yet. */
function starterPackage(name: string, version: string): StarterFile {
  const description = {
    name,
    private: true,
    type: "module",
    scripts: { build: "layerwright build", synth: "layerwright synth" },
    devDependencies: { layerwright: `^${version}` },
  };
  return { path: "package.json", contents: `${JSON.stringify(description, null, 2)}\n` };
}
