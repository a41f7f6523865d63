import { resolve } from "node:path";
import { NodeFiles } from "../adapters/files-node/node-files.js";

/** The files of a plan's contexts. */
export function contextFiles(context: string, contexts: Readonly<Record<string, string>>): NodeFiles {
  const named = Object.fromEntries(
    Object.entries(contexts).map(([name, folder]) => [name, resolve(context, folder)]),
  );
  return new NodeFiles({ main: context, named });
}
