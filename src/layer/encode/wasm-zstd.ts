import { createRequire } from "node:module";

/** What is used of `@foxglove/wasm-zstd`: one-shot compression and decompression, synchronous. */
export interface WasmZstd {
  compress(bytes: Uint8Array, level: number): Uint8Array;
  decompress(bytes: Uint8Array, size: number): Uint8Array;
}

let loading: Promise<WasmZstd> | undefined;

/** Loads the WebAssembly codec when it is first needed: 5 to 20 ms that builds without zstd do not pay. */
export function loadWasmZstd(): Promise<WasmZstd> {
  loading ??= load();
  return loading;
}

/** Version of the codec's package; part of encoder ids. */
export function wasmZstdVersion(): string {
  return (require("@foxglove/wasm-zstd/package.json") as { version: string }).version;
}

const require = createRequire(import.meta.url);

async function load(): Promise<WasmZstd> {
  const codec = require("@foxglove/wasm-zstd") as WasmZstd & { isLoaded: Promise<unknown> };
  await codec.isLoaded;
  return codec;
}
