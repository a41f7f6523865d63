import type { BaseLayer } from "../ports/base-source.js";
import { TarParser } from "../tar/tar-parser.js";
import { decodeLayer } from "./encode/decode.js";

/** The contents of some files of a layer, by path; read from the whole layer, so it is for few and small ones. */
export async function readFiles(
  { diffId, blob }: Pick<BaseLayer, "diffId" | "blob">,
  paths: ReadonlySet<string>,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const archive = `of the layer ${diffId}`;
  const contents = new Map<string, Uint8Array>();
  let reading: { readonly path: string; readonly chunks: Buffer[] } | undefined;
  const finish = (): void => {
    if (reading !== undefined) contents.set(reading.path, Buffer.concat(reading.chunks));
    reading = undefined;
  };
  const parser = new TarParser(
    {
      entry({ type, path }) {
        finish();
        if (type === "file" && paths.has(path)) reading = { path, chunks: [] };
      },
      data: (chunk) => void reading?.chunks.push(Buffer.from(chunk)),
      entryEnd: finish,
    },
    archive,
  );
  for await (const chunk of decodeLayer(blob(), { archive })) parser.feed(chunk);
  parser.end();
  finish();
  return contents;
}
