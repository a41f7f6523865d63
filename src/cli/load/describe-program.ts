import { closeSync, writeSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Catalog, isCatalog } from "../../catalog/catalog.js";
import { catalogName } from "../../catalog/named-nodes.js";
import { sha256Hex } from "../../core/bytes.js";
import { DefinitionError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { type Image, isImage } from "../../image/image.js";
import type { BaseNode, ImageNode } from "../../image/nodes.js";
import { isPathComponent } from "../../oci/reference.js";
import { suppressedFor } from "../../policy/policy.js";
import { sharingLimitOf } from "../../project/gate/sharing-limit.js";
import { lowerImage } from "../../project/prepare/prepare.js";
import { codedFailure, type Failure } from "../failure.js";
import { selectNames } from "../select-names.js";
import {
  type LoadReply,
  type LoadRequest,
  type LoweredCatalog,
  packVariant,
  REPLY_DESCRIPTOR,
} from "./loaded-catalog.js";

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

/**
 * The catalog that a module exports: a Catalog, or one made of its Images. When there is neither, the names of
 * what it exports.
 */
export function findExported(exported: unknown, file: string): Catalog | readonly string[] {
  const names = flatten(exported);
  const byDefault = names["default"];
  if (isCatalog(byDefault)) return byDefault;
  if (isImage(byDefault)) return single(byDefault, file);
  const catalogs = Object.values(names).filter(isCatalog);
  if (catalogs.length === 1 && catalogs[0] !== undefined) return catalogs[0];
  const images = Object.entries(names).filter((entry): entry is [string, Image] => isImage(entry[1]));
  if (images.length > 0) {
    return new Catalog(nameOf(file), Object.fromEntries(images.map(([name, image]) => [kebab(name), image])));
  }
  return Object.keys(names);
}

/** A CommonJS module that was an ES module has its exports one `default` deeper. */
function flatten(exported: unknown): Record<string, unknown> {
  if (isImage(exported) || isCatalog(exported)) return { default: exported };
  if (typeof exported !== "object" || exported === null) return {};
  const outer = exported as Record<string, unknown>;
  const inner = outer["default"];
  const wrapped = typeof inner === "object" && inner !== null && Reflect.get(inner, "__esModule") === true;
  return wrapped ? { ...(inner as Record<string, unknown>) } : { ...outer };
}

function single(image: Image, file: string): Catalog {
  const name = nameOf(file);
  return new Catalog(name, { [name]: image });
}

/** `images/my-App.catalog.ts` is named `my-app.catalog`; a name that fits no repository is `image`. */
function nameOf(file: string): string {
  const name = kebab(basename(file).replace(/\.[cm]?[jt]s$/, ""));
  return isPathComponent(name) ? name : "image";
}

function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}

/** Lowers all images of a catalog, here, where the lines of the user's files are known. */
function lowerCatalog(catalog: Catalog, request: LoadRequest): LoweredCatalog {
  const named = new Map<ImageNode, string>([...catalog].map(([name, image]) => [image.node, name]));
  const platforms = request.platforms ?? catalog.platforms;
  const chosen = selectNames(catalog, request.names);
  const images = catalog.names.map((name) => {
    const { node } = catalog.images[name] as Image;
    return {
      name,
      base: baseText(node.base, named),
      steps: node.steps.length,
      squash: node.squash,
      dependencies: catalog.dependencies(name),
      plans: platforms.map((platform) => {
        const suppressed = suppressedFor(catalog.suppressions, name);
        const options = { platform, context: request.context, nameOf: catalogName(catalog), suppressed };
        const lowered = lowerImage(node, options);
        const variants = request.variants?.map((squash) =>
          packVariant(squash, lowerImage({ ...node, squash }, options), lowered),
        );
        return { platform: lowered.platform, lowered, ...(variants && { variants }) };
      }),
    };
  });
  const limit =
    request.limit === true ? sharingLimitOf(catalog, chosen, platforms, request.context) : undefined;
  const { name, names, groups, maxLayers } = catalog;
  return { name, names, groups, maxLayers, images, chosen, ...(limit && { limit }) };
}

function baseText(base: BaseNode, named: ReadonlyMap<ImageNode, string>): string {
  switch (base.kind) {
    case "scratch":
      return "scratch";
    case "registry":
      return base.reference;
    case "image":
      return named.get(base.image) ?? baseText(base.image.base, named);
    default:
      return base.path;
  }
}

const SHOWN_FRAMES = 5;

/** What the user's program threw, as data: our own errors as they are, others with the frames that are the user's. */
function programFailure(request: LoadRequest, error: unknown): Failure {
  const coded = codedFailure(error);
  if (coded !== undefined) return coded;
  const syntax = syntaxErrorOf(error);
  const reason = syntax?.reason ?? reasonOf(error);
  const failure = new DefinitionError("USER_PROGRAM_FAILED", { file: request.shown, reason });
  const frames = syntax === undefined ? userFrames(error) : [];
  const origin = syntax?.origin ?? originOfFrame(frames[0]);
  return {
    kind: "DefinitionError",
    code: failure.code,
    message: failure.shortMessage,
    hint: failure.hint,
    ...(origin === undefined ? {} : { origin }),
    ...(frames.length < 2 ? {} : { detail: frames.map((frame) => `    ${frame}`).join("\n") }),
  };
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error))
    return `it threw ${typeof error === "string" ? error : JSON.stringify(error)}`;
  // Node 20 with tsx: `npx tsx` fails the same way, and only the name of the file helps.
  if (/^request for '.+' is not in cache$/.test(error.message)) {
    return "this Node cannot load layerwright from a CommonJS file by name (.cts, .cjs): rename it to .mts or .mjs";
  }
  const cause = error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${error.name}: ${error.message}${cause}`;
}

/** What the compiler of TypeScript says of a file that it cannot read: `catalog.ts:1:10: ERROR: Unexpected "="`. */
function syntaxErrorOf(error: unknown): { reason: string; origin: Origin } | undefined {
  if (!(error instanceof Error) || error.name !== "TransformError") return undefined;
  const match = /^(.+):(\d+):(\d+): ERROR: (.+)$/m.exec(error.message);
  if (match === null) return undefined;
  const [, file = "", line, column, text = ""] = match;
  return {
    reason: `it is not valid TypeScript: ${text}`,
    origin: { file, line: Number(line), column: Number(column) + 1 },
  };
}

/** The frames of a stack that the user wrote: neither Node's own nor those of packages or loaders. */
function userFrames(error: unknown): readonly string[] {
  if (!(error instanceof Error)) return [];
  return (error.stack ?? "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line.startsWith("at ") && !/node:|\/node_modules\/|native\b/.test(line))
    .slice(0, SHOWN_FRAMES);
}

function originOfFrame(frame: string | undefined): Origin | undefined {
  const match = /\(?([^\s()]+):(\d+):(\d+)\)?$/.exec(frame ?? "");
  if (match === null) return undefined;
  const [, where = "", line, column] = match;
  const file = where.startsWith("file:") ? fileURLToPath(where) : where;
  return { file, line: Number(line), column: Number(column) };
}
