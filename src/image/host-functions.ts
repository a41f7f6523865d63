import { createHash } from "node:crypto";

/** The argument of a `hostRun` step's function. */
export interface HostRunContext {
  /** The root file system, a directory of this machine. What is changed in it becomes the layer. */
  readonly root: string;
}

/** Fills a root file system on this machine. */
export type HostFunction = (context: HostRunContext) => void | Promise<void>;

const functions = new Map<string, HostFunction>();

/** Keeps a function for the time of the process, and gives the name that the description holds in its place. */
export function nameFunction(fill: HostFunction): string {
  const name = createHash("sha256").update(fill.toString()).digest("hex").slice(0, 16);
  functions.set(name, fill);
  return name;
}

/** The function of a name; undefined in any other process than the one that made the description. */
export function namedFunction(name: string): HostFunction | undefined {
  return functions.get(name);
}
