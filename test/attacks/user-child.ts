import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { attacked, type Runtime, tried, withPath } from "./defences.js";

/** What the sandbox of a runtime gave an ordinary user. */
export interface UserFound extends Awaited<ReturnType<typeof tried>> {
  /** The attacks that did not end as they have to. */
  readonly others: readonly string[];
  readonly privateNetwork: boolean;
}

/** Tries the sandboxes of runtimes as the user that it runs as, and prints what was found as JSON. */
const [work = "", probe = "", runtimes = "[]"] = process.argv.slice(2);
const found: Record<string, UserFound> = {};
for (const runtime of JSON.parse(runtimes) as readonly Runtime[]) {
  const folder = join(work, runtime.title);
  mkdirSync(folder);
  const options = { folder, find: () => withPath(runtime) };
  const sandbox = new RuncSandbox(options);
  const privateNetwork = !(await sandbox.isFirstOnHostNetwork());
  await sandbox.close();
  const defended = await tried(options, folder, probe === "" ? undefined : probe);
  found[runtime.title] = { ...defended, others: await attacked(options, folder), privateNetwork };
}
process.stdout.write(`${JSON.stringify({ uid: process.getuid?.(), found })}\n`);
