import { type Catalog, isCatalog } from "../../catalog/catalog.js";
import { sortByBytes } from "../../core/bytes.js";
import { neededStages } from "../../engine/check-plan.js";
import { type DescribedImage, reading } from "../../engine/described/described-image.js";
import { beginCall, checkOptions, refuse } from "../../image/call.js";
import type { Image } from "../../image/image.js";
import { ownerText } from "../../image/owner.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import { platformText } from "../../oci/platform.js";
import { describeOperation, modeText, type Operation } from "../../plan/operation.js";
import type { Layer, Stage } from "../../plan/plan.js";
import type { FolderNode } from "../../rootfs/tree.js";
import { joinPath, lookup, walk } from "../../rootfs/tree.js";
import { modeWord, ownerWord, typeWord } from "./file-check.js";
import { type ExpectOptions, Subject } from "./subject.js";

/**
 * An image as text to keep and to review: its bases and steps, config, and files with type, mode and owner. It stays the
 * same when only a file's content changes, and on another machine: no sizes, digests, lines of code or host paths, and
 * nothing of what files hold.
 *
 * @throws {PlanError} whatever would keep the image from being built
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Image } from "layerwright";
 * import { imageSnapshot } from "layerwright/testing";
 *
 * const image = (text: string) => Image.scratch().write("/etc/motd", text).cmd(["/app"]);
 * const text = await imageSnapshot(image("a"));
 * console.log(text === (await imageSnapshot(image("b")))); // true
 * console.log(text.includes("file 0644 0:0 /etc/motd")); // true
 * ```
 */
export async function imageSnapshot(image: Image, options: ExpectOptions = {}): Promise<string> {
  return snapshotOf(Subject.described(beginCall("imageSnapshot"), image, options));
}

/** The snapshot of a described image; every line but the titles is indented. */
async function snapshotOf(subject: Subject): Promise<string> {
  const { plan, image } = await reading(() => subject.description!);
  const { order } = neededStages(plan);
  const names = new Map(order.map((stage, at) => [stage.id, `stage ${at + 1}`]));
  const sections = order.map((stage) => stageSection(stage, names));
  const annotations = image.changes.flatMap((change) =>
    change.set === "annotation" ? [`annotation ${change.name}=${change.value}`] : [],
  );
  const files = fileLines(image);
  return [
    ...sections,
    section("config", [...configLines(image.config), ...sortByBytes(annotations)].map(steadyText)),
    section("files", files),
  ].join("");
}

function section(title: string, lines: readonly string[]): string {
  return `${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function stageSection(stage: Stage, names: ReadonlyMap<string, string>): string {
  const squash = stage.squash === "keep" ? "" : `, squash ${stage.squash}`;
  return section(
    `${names.get(stage.id)} from ${baseText(stage, names)}${squash}`,
    stage.layers.flatMap(layerLines),
  );
}

function baseText({ base }: Stage, names: ReadonlyMap<string, string>): string {
  switch (base.kind) {
    case "scratch":
      return "scratch";
    case "stage":
      return names.get(base.stage) ?? "another image";
    case "registry":
      return steadyText(base.reference);
    default:
      return `${base.kind} ${steadyPath(base.path)}`;
  }
}

function layerLines({ name, operations }: Layer): readonly string[] {
  const title = name === undefined ? "layer" : `layer ${name}`;
  return [title, ...operations.flatMap(stepLines).map((line) => `  ${line}`)];
}

/** The config, one value a line. */
function configLines(config: RuntimeConfig): readonly string[] {
  const fields = sortByBytes(Object.keys(config)) as (keyof RuntimeConfig)[];
  return fields.flatMap((field) => {
    const value = config[field];
    if (field === "Env") return (value as readonly string[]).map((line) => `Env ${line}`);
    if (field === "Labels") {
      const labels = Object.entries(value as Readonly<Record<string, string>>);
      return sortByBytes(labels.map(([name, text]) => `Labels ${name}=${text}`));
    }
    if (field === "ExposedPorts" || field === "Volumes")
      return sortByBytes(Object.keys(value as object).map((name) => `${field} ${name}`));
    return [`${field} ${typeof value === "string" ? value : JSON.stringify(value)}`];
  });
}

/** Options of a snapshot of a catalog. */
export interface CatalogSnapshotOptions {
  /** The directory that copy sources and bases on disk are relative to. @default - the working directory */
  readonly context?: string;
  /** Only this platform. @default - those of the catalog */
  readonly platform?: string;
}

/**
 * The snapshots of all images of a catalog, see {@link imageSnapshot}, by name and platform. Platforms for which an image
 * is the same stand above one text. A catalog that names no platforms is for that of the machine.
 *
 * @throws {PlanError} whatever would keep an image from being built
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image } from "layerwright";
 * import { catalogSnapshot } from "layerwright/testing";
 *
 * const app = Image.scratch().write("/app", "1");
 * const catalog = new Catalog("acme", { app }, { platforms: ["linux/amd64", "linux/arm64"] });
 * const text = await catalogSnapshot(catalog);
 * console.log(text.startsWith("# app linux/amd64 linux/arm64\n")); // true
 * ```
 */
export async function catalogSnapshot(
  catalog: Catalog,
  options: CatalogSnapshotOptions = {},
): Promise<string> {
  const call = beginCall("catalogSnapshot");
  if (!isCatalog(catalog)) {
    const allowed = "a Catalog";
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "catalog", got: catalog, allowed });
  }
  checkOptions(call, options, ["context", "platform"]);
  const { context, platform } = options;
  const platforms = platform === undefined ? catalog.platforms.map(platformText) : [platform];
  const parts: string[] = [];
  for (const name of sortByBytes([...catalog.names])) {
    const byText = new Map<string, string[]>();
    for (const one of platforms) {
      const own = { platform: one, ...(context === undefined ? {} : { context }) };
      const text = await snapshotOf(Subject.described(call, catalog.images[name]!, own));
      byText.set(text, [...(byText.get(text) ?? []), one]);
    }
    parts.push(...[...byText].map(([text, those]) => `# ${name} ${those.join(" ")}\n${text}`));
  }
  return parts.join("\n");
}

/** Lists the files that the steps of an image put into it, by path: type, mode and owner, and nothing of the content. */
function fileLines(image: DescribedImage): readonly string[] {
  const lines: string[] = [];
  for (const [path, node] of walk(image.tree)) {
    if (!image.placedBy.has(path)) continue;
    const owner = ownerWord(image, node);
    if (node.type === "symlink") lines.push(`symbolic link ${owner} /${path} -> ${node.target}`);
    else lines.push(`${typeWord(node.type)} ${modeWord(node.mode)} ${owner} /${path}`);
  }
  return [...lines, ...removedPaths(image.baseTree, image.tree, "").map((path) => `removed /${path}`)];
}

/** The topmost paths of a base on disk that the image no longer has. */
function removedPaths(before: FolderNode, after: FolderNode, path: string): string[] {
  if (before === after) return [];
  return [...before.children].flatMap(([name, node]) => {
    const here = joinPath(path, name);
    const now = lookup(after, name);
    if (now === undefined) return [here];
    return node.type === "folder" && now.type === "folder" ? removedPaths(node, now, here) : [];
  });
}

/** A step on lines of its own: all that it does, without the contents that it writes. */
function stepLines(operation: Operation): readonly string[] {
  if (operation.op === "run" || (operation.op === "hostRun" && !("function" in operation.command))) {
    const command = operation.command as string | readonly string[];
    const text = typeof command === "string" ? command.trim() : JSON.stringify(command);
    const [first, ...more] = steadyText(text).split("\n");
    return [`${operation.op} ${first}`, ...more.map((line) => `  ${line}`)];
  }
  return [steadyText(`${describeOperation(operation)}${attributes(operation)}`)];
}

function attributes(operation: Operation): string {
  const parts: string[] = [];
  // The words of chmod and chown have theirs already.
  if ("mode" in operation && operation.mode !== undefined && operation.op !== "chmod")
    parts.push(`mode ${modeText(operation.mode)}`);
  if ("owner" in operation && operation.owner !== undefined && operation.op !== "chown")
    parts.push(`owner ${ownerText(operation.owner)}`);
  if ("recursive" in operation && operation.recursive === true) parts.push("recursive");
  if (operation.op === "copy" && operation.exclude !== undefined)
    parts.push(`without ${operation.exclude.join(", ")}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}

/** Text without what changes by itself: digests, and the directories of this machine. */
function steadyText(text: string): string {
  return text.replace(/\b[0-9a-f]{64}\b/g, "…");
}

/** A path as it stays on other machines: one that is absolute by its last name alone. */
function steadyPath(path: string): string {
  return path.startsWith("/") ? `…/${path.slice(path.lastIndexOf("/") + 1)}` : path;
}
