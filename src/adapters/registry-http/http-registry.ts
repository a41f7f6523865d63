import type { Registry } from "../../ports/registry.js";

/** Registries over HTTP. */
export declare class HttpRegistry implements Registry {
  resolve: Registry["resolve"];
  document: Registry["document"];
  download: Registry["download"];
  upload: Registry["upload"];
  putDocument: Registry["putDocument"];
  close: Registry["close"];
}
