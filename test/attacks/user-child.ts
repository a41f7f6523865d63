import { join } from "node:path";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { tried, withRuntime } from "./defences.js";

/** Tries the sandboxes of both runtimes as the user that it runs as, and prints what was found as JSON. */
const [work = "", probe = ""] = process.argv.slice(2);
const found: Record<string, unknown> = {};
const network: Record<string, boolean> = {};
for (const name of ["runc", "crun"] as const) {
  const search = withRuntime(name);
  if (search.tools === undefined) continue;
  const options = { folder: join(work, name), find: () => search };
  const sandbox = new RuncSandbox(options);
  network[name] = search.tools.network === undefined || !(await sandbox.isFirstOnHostNetwork());
  await sandbox.close();
  found[name] = await tried(options, join(work, name), probe === "" ? undefined : probe);
}
process.stdout.write(`${JSON.stringify({ uid: process.getuid?.(), found, network })}\n`);
