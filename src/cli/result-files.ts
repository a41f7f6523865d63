import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { shownText } from "../core/shown-text.js";
import type { BuildFlags } from "./build-flags.js";
import { metadataOf, type NamedResult } from "./build-report.js";

/** Writes the files of `--iidfile` and `--metadata-file`, where they are asked for. */
export function writeResultFiles(
  flags: Pick<BuildFlags, "iidfile" | "metadataFile">,
  results: readonly NamedResult[],
): void {
  const write = (path: string, contents: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, contents);
  };
  const [first] = results;
  if (flags.iidfile !== undefined && first !== undefined) {
    // As buildx: an image for several platforms has no one config.
    write(flags.iidfile, first.result.index ?? first.result.configDigest);
  }
  if (flags.metadataFile !== undefined) {
    write(flags.metadataFile, `${shownText(JSON.stringify(metadataOf(results), null, 2))}\n`);
  }
}
