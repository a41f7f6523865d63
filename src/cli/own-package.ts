import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The directory of this copy of layerwright, with a slash at its end. */
export const ownFolder = fileURLToPath(new URL("../../", import.meta.url));

/** The version of this copy of layerwright. */
export function ownVersion(): string {
  return (JSON.parse(readFileSync(`${ownFolder}package.json`, "utf8")) as { version: string }).version;
}
