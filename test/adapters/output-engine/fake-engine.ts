import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { TarParser } from "../../../src/archive/tar-parser.js";
import { digestOf } from "../../../src/oci/digest.js";
import { tempFolder } from "../temp-folder.js";

export interface FakeEngineOptions {
  readonly podman?: boolean;
  /** Instead of loading. */
  readonly onLoad?: (incoming: IncomingMessage, outgoing: ServerResponse) => void;
  /** The id that every image is said to have. */
  readonly id?: string;
}

/** An engine's API on a socket: it reads archives and remembers what their names lead to. */
export async function fakeEngine(options: FakeEngineOptions = {}) {
  const socket = join(tempFolder(), "engine.sock");
  const images = new Map<string, string>();
  const requests: string[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(`${incoming.method} ${incoming.url}`);
    if (incoming.url === "/_ping") {
      if (options.podman === true) outgoing.setHeader("Libpod-Api-Version", "5.0.0");
      outgoing.end("OK");
    } else if (incoming.method === "POST") {
      if (options.onLoad !== undefined) options.onLoad(incoming, outgoing);
      else void loadInto(images, incoming).then((text) => outgoing.end(text));
    } else {
      const name = decodeURIComponent(incoming.url!.slice("/images/".length, -"/json".length));
      const id = options.id ?? images.get(name);
      if (id === undefined) outgoing.statusCode = 404;
      outgoing.end(JSON.stringify(id === undefined ? { message: "no such image" } : { Id: id }));
    }
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { socket, images, requests };
}

async function loadInto(images: Map<string, string>, incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const tar = Buffer.concat(pieces);
  const files = new Map<string, Buffer>();
  const parser = new TarParser(
    { entry: ({ path, size }, { data }) => void files.set(path, tar.subarray(data, data + size)) },
    "the archive",
  );
  parser.feed(tar);
  parser.end();
  const list = JSON.parse(files.get("manifest.json")!.toString()) as { Config: string; RepoTags: string[] }[];
  for (const { Config: config, RepoTags: names } of list) {
    const id = digestOf(files.get(config)!);
    images.set(id, id);
    for (const name of names ?? []) images.set(name, id);
  }
  return '{"stream":"Loaded image"}\n';
}
