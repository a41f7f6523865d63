import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { catalogNames } from "../open-catalog.js";
import { type Finding, ok, warn } from "./check.js";

/** True when there is a catalog to work on. */
export function checkCatalog(app: string | undefined, folder: string): Finding {
  const found = (app === undefined ? catalogNames : [app]).find((name) => existsSync(join(folder, name)));
  return found !== undefined || (app !== undefined && existsSync(app))
    ? ok("catalog", found ?? (app as string))
    : warn("catalog", `no catalog in ${folder}`, "run `layerwright init`, or name one with --app");
}

/** Which copies of the package the project and this command use. Two of them work, and are rarely meant. */
export function checkCopies(folder: string, own: string): Finding {
  const copies = new Map<string, string>();
  for (const path of [own, ...copiesFor(folder)]) {
    const real = realpathSync(path);
    copies.set(real, versionOf(real));
  }
  const listed = [...copies].map(([path, version]) => `${version} at ${path}`).join(", ");
  return copies.size === 1
    ? ok("copies", `one copy of layerwright: ${listed}`)
    : warn(
        "copies",
        `${copies.size} copies of layerwright: ${listed}`,
        "keep one: run the command with npx in the project, and `npm dedupe`",
      );
}

/** The package as files of the project see it, and as the project's dependencies do. */
function copiesFor(folder: string): readonly string[] {
  const found: string[] = [];
  for (let at = folder; ; at = dirname(at)) {
    const modules = join(at, "node_modules");
    for (const holder of ["", ...packagesIn(modules)]) {
      const nested = holder === "" ? modules : join(modules, holder, "node_modules");
      const copy = join(nested, "layerwright");
      if (existsSync(join(copy, "package.json"))) found.push(copy);
    }
    if (dirname(at) === at) return found;
  }
}

function packagesIn(modules: string): readonly string[] {
  return namesIn(modules).flatMap((name) =>
    name.startsWith("@") ? namesIn(join(modules, name)).map((inner) => `${name}/${inner}`) : [name],
  );
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => !name.startsWith("."));
  } catch {
    return [];
  }
}

function versionOf(folder: string): string {
  try {
    const text = readFileSync(join(folder, "package.json"), "utf8");
    return (JSON.parse(text) as { version?: string }).version ?? "unknown version";
  } catch {
    return "unknown version";
  }
}
