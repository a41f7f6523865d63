import type { FileSource, SourceMatch } from "../ports/file-source.js";

/** Files that are listed once in a build: what is noted of them afterwards is what the build saw. */
export function listedOnce(files: FileSource): FileSource {
  const known = new Map<string, readonly SourceMatch[]>();
  return {
    list(context, pattern, exclude) {
      const key = JSON.stringify([context ?? null, pattern, exclude]);
      const matches = known.get(key) ?? files.list(context, pattern, exclude);
      known.set(key, matches);
      return matches;
    },
  };
}
