import * as zlib from "node:zlib";

/** What Node has from 22.15 on; the project's type definitions are those of Node 20. */
interface NodeZstd {
  zstdCompress(
    bytes: Uint8Array,
    options: { chunkSize: number; pledgedSrcSize: number; params: Record<number, number> },
    done: (error: Error | null, result: Buffer) => void,
  ): void;
  readonly constants: { readonly ZSTD_c_compressionLevel: number };
}

/** The zstd of this Node, or undefined before 22.15. */
export function nativeZstd(): ((block: Uint8Array, level: number) => Promise<Uint8Array>) | undefined {
  const candidate = zlib as unknown as Partial<NodeZstd>;
  if (typeof candidate.zstdCompress !== "function") return undefined;
  const { zstdCompress, constants } = candidate as NodeZstd;
  return (block, level) =>
    new Promise((resolve, reject) => {
      // Room for the worst case, so that a block is one trip to the thread pool.
      const chunkSize = block.length + (block.length >>> 8) + 1024;
      // Node 26 states the size by itself and Node 24 does not: the same version of zstd would give other bytes.
      const pledgedSrcSize = block.length;
      const options = { chunkSize, pledgedSrcSize, params: { [constants.ZSTD_c_compressionLevel]: level } };
      zstdCompress(block, options, (error, result) => (error === null ? resolve(result) : reject(error)));
    });
}
