import { spawn } from "node:child_process";
import { inPeer, type Peer } from "./peers.js";

/**
 * Runs a command where the peer lives and gives what it printed. A failure
 * carries the whole of what it said: a builder's last line alone seldom says
 * what went wrong.
 */
export async function runInPeer(peer: Peer, command: readonly string[]): Promise<string> {
  const [program, ...args] = inPeer(peer, command);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const said: Buffer[] = [];
  const printed: Buffer[] = [];
  child.stdout.on("data", (part: Buffer) => {
    printed.push(part);
    said.push(part);
  });
  child.stderr.on("data", (part: Buffer) => said.push(part));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) {
    throw new Error(
      `${peer.name}: ${command.join(" ")}\nended with ${code}\n${Buffer.concat(said).toString()}`,
    );
  }
  return Buffer.concat(printed).toString();
}
