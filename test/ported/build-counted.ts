import { spawn } from "node:child_process";
import { type BuildRequest, outputSeenByPeer, sharedOptions } from "../peers/build-request.js";
import { inPeer, type Peer, seenByPeer } from "../peers/peers.js";

/** What is built, and where to: nowhere when only the commands are of interest. */
export type CountedRequest = Omit<BuildRequest, "outOciTar"> & { readonly outOciTar: string | undefined };

/** Builds with BuildKit and gives how many commands ran, those it remembered aside. */
export async function buildCounted(peer: Peer, request: CountedRequest): Promise<number> {
  const { outOciTar } = request;
  const output =
    outOciTar === undefined
      ? "type=cacheonly"
      : `type=oci,dest=${outputSeenByPeer(peer, { ...request, outOciTar })}`;
  const [program, ...args] = inPeer(peer, [
    ...["docker", "buildx", "build", "--progress=plain", "--provenance=false"],
    ...(request.network === "host" ? ["--network=host", "--allow=network.host"] : ["--network=none"]),
    ...sharedOptions(peer, { ...request, outOciTar: outOciTar ?? "" }),
    `--output=${output}`,
    seenByPeer(peer, request.contextDir),
  ]);
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  if (code !== 0) {
    const end = said.slice(-20_000);
    throw new Error(`${peer.name}: ${request.dockerfile}: BuildKit ended with ${code}\n${end}`);
  }
  return commandsRun(said);
}

/** Counts the commands in BuildKit's plain progress that it ran. */
export function commandsRun(progress: string): number {
  const commands = new Set<string>();
  const cached = new Set<string>();
  for (const line of progress.split("\n")) {
    const [, vertex = "", text = ""] = /^(#\d+) (.*)$/.exec(line) ?? [];
    if (/^\[[^\]]*\] (ONBUILD )?RUN /.test(text)) commands.add(vertex);
    if (text === "CACHED") cached.add(vertex);
  }
  return [...commands].filter((vertex) => !cached.has(vertex)).length;
}
