import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Image } from "layerwright";

export const GOLDEN = fileURLToPath(new URL(".", import.meta.url));

/** The platform of every case, whatever machine the tests run on. */
export const PLATFORM = "linux/amd64";

/** The names of the cases: each is a folder with an `image.ts`, which is also its build context. */
export function goldenCases(): readonly string[] {
  return readdirSync(GOLDEN)
    .filter((name) => existsSync(join(GOLDEN, name, "image.ts")))
    .sort();
}

export function caseFolder(name: string): string {
  return join(GOLDEN, name);
}

export async function caseImage(name: string): Promise<Image> {
  const module = await import(pathToFileURL(join(GOLDEN, name, "image.ts")).href);
  return module.default as Image;
}
