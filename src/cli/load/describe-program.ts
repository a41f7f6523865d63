import { closeSync, writeSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Catalog } from "../../catalog/catalog.js";
import { isCatalog } from "../../catalog/catalog.js";
import { sha256Hex } from "../../core/bytes.js";
import { DefinitionError } from "../../errors/layerwright-error.js";
import { findExported } from "./exported-catalog.js";
import { type LoadReply, type LoadRequest, type LoweredCatalog, REPLY_DESCRIPTOR } from "./loaded-catalog.js";
import { lowerCatalog } from "./lower-catalog.js";
import { programFailure } from "./program-failure.js";

/** Takes the catalog out of the user's program, which has ended well, and hands it back. */
export async function describeProgram(request: LoadRequest): Promise<void> {
  try {
    const catalog = catalogOf(await exportsOf(request.entry), request);
    reply({ catalog: await judged(catalog, lowerCatalog(catalog, request), request) });
  } catch (error) {
    process.exitCode = 1;
    reportFailure(request, error);
  }
}

/** Asks the policies, where the command wants to know and there are any. */
async function judged(
  catalog: Catalog,
  lowered: LoweredCatalog,
  request: LoadRequest,
): Promise<LoweredCatalog> {
  if (request.policies === undefined || catalog.policies.length === 0) return lowered;
  const { judgeLoaded } = await import("./judge-loaded.js");
  return { ...lowered, policies: await judgeLoaded(catalog, lowered, request, request.policies) };
}

/** Hands back what went wrong. */
export function reportFailure(request: LoadRequest, error: unknown): void {
  reply({ failure: programFailure(request, error) });
}

/** The same instance that ran as the program: asking for it again runs nothing. */
async function exportsOf(entry: string): Promise<Record<string, unknown>> {
  const main = process.mainModule;
  if (main?.filename === entry) return main.exports as Record<string, unknown>;
  return (await import(pathToFileURL(entry).href)) as Record<string, unknown>;
}

function catalogOf(exported: Record<string, unknown>, request: LoadRequest): Catalog {
  const found = findExported(exported, request.entry);
  if (isCatalog(found)) return found;
  throw new DefinitionError("CATALOG_EXPORT_MISSING", { file: request.shown, found });
}

function reply(message: LoadReply): void {
  const json = JSON.stringify(message);
  let rest = Buffer.from(`${sha256Hex(json)}\n${json}`, "utf8");
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(REPLY_DESCRIPTOR, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      // The pipe is full and does not block: give the reader a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
  closeSync(REPLY_DESCRIPTOR);
}
