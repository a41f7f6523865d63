import { sizeText } from "../../core/size.js";
import { neededStages } from "../../engine/check-plan.js";
import type { DescribedImage, DescribedLayer } from "../../engine/described/described-image.js";
import { type Base, isBase } from "../../image/base.js";
import { type Call, refuse } from "../../image/call.js";
import { type Image, isImage } from "../../image/image.js";
import type { BaseNode } from "../../image/nodes.js";
import { canonicalReference, parseReference } from "../../oci/reference.js";
import {
  commandText,
  describeOperation,
  type HostRunOperation,
  type RunOperation,
} from "../../plan/operation.js";
import { fits } from "./config-check.js";
import { type Details, type Failure, failure, placeText, type Subject, unknowable } from "./subject.js";

type Running = RunOperation | HostRunOperation;

/** The commands of an image and of all that it is made from, in the order of its description. */
function commandsOf(subject: Subject): readonly Running[] | undefined {
  const { description } = subject;
  if (description === undefined) return undefined;
  return neededStages(description.lowered).order.flatMap(({ layers }) =>
    layers.flatMap(({ operations }) =>
      operations.filter((one): one is Running => one.op === "run" || one.op === "hostRun"),
    ),
  );
}

function textOf({ command }: Running): string {
  if (typeof command === "string") return command;
  return "function" in command ? "a function" : command.join(" ");
}

function commandLines(commands: readonly Running[]): Details {
  return commands.map((command) => ["it runs", `${commandText(textOf(command))}${at(command)}`]);
}

function at({ origin }: Running): string {
  const place = placeText(origin);
  return place === undefined ? "" : ` (${place})`;
}

/** True when some step runs this command: its text holds the words, or matches. */
export function checkRuns(subject: Subject, asked: string | RegExp): Failure | undefined {
  const commands = commandsOf(subject);
  if (commands === undefined) return unknownOrigin("what commands made it", asked);
  const found = commands.map(textOf);
  if (found.some((text) => (typeof asked === "string" ? text.includes(asked) : fits(text, asked))))
    return undefined;
  const what = `no step runs ${asked instanceof RegExp ? String(asked) : JSON.stringify(asked)}`;
  return failure(what, found, asked, commandLines(commands));
}

/** True when nothing has to be run for the image. */
export function checkNoRuns(subject: Subject): Failure | undefined {
  const commands = commandsOf(subject);
  if (commands === undefined) return unknownOrigin("whether commands made it", []);
  if (commands.length === 0) return undefined;
  return failure("the image has run steps", commands.map(textOf), [], commandLines(commands));
}

/** A base that an image may have. */
export type BaseExpectation = string | Base | Image;

/** Reads what an image should stand on. @throws {DefinitionError} ARGUMENT_INVALID, REFERENCE_INVALID */
export function readBase(call: Call, base: unknown): BaseNode {
  if (isImage(base)) return { kind: "image", image: base.node };
  if (isBase(base)) return base.node;
  if (base === "scratch") return { kind: "scratch" };
  if (typeof base === "string") {
    parseReference(base, call.origin);
    return { kind: "registry", reference: base };
  }
  const allowed = "a reference, a Base or an Image";
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "base", got: base, allowed });
}

/** True when an image stands on a base: its own, or one of those below. */
export function checkBase(subject: Subject, asked: BaseNode): Failure | undefined {
  const { node } = subject;
  if (node === undefined) return unknownOrigin("what it stands on", baseText(asked));
  const found: BaseNode[] = [];
  for (let base: BaseNode | undefined = node.base; base !== undefined; ) {
    if (sameBase(base, asked)) return undefined;
    found.push(base);
    base = base.kind === "image" ? base.image.base : undefined;
  }
  const texts = found.map(baseText);
  return failure(`the image does not stand on ${baseText(asked)}`, texts, baseText(asked), [
    ["it stands on", texts.join(", which stands on ")],
  ]);
}

function baseText(base: BaseNode): string {
  switch (base.kind) {
    case "scratch":
      return "scratch";
    case "registry":
      return base.reference;
    case "image":
      return "another image";
    default:
      return `the ${base.kind} ${base.path}`;
  }
}

function sameBase(base: BaseNode, asked: BaseNode): boolean {
  if (base.kind === "image") return asked.kind === "image" && asked.image === base.image;
  if (base.kind === "registry")
    return asked.kind === "registry" && sameReference(base.reference, asked.reference);
  if (base.kind === "scratch") return asked.kind === "scratch";
  if (asked.kind !== base.kind) return false;
  const tagOf = (one: BaseNode) => ("tag" in one ? one.tag : undefined);
  return asked.path === base.path && tagOf(asked) === tagOf(base);
}

/** The same repository and tag; the digest counts where it is asked for. */
function sameReference(found: string, asked: string): boolean {
  const [left, right] = [parseReference(found), parseReference(asked)];
  if (right.digest !== undefined && left.digest !== right.digest) return false;
  if (right.digest !== undefined && right.tag === undefined) {
    return left.domain === right.domain && left.path === right.path;
  }
  const { digest: _, ...tagged } = left;
  const { digest: __, ...askedTag } = right;
  return canonicalReference(tagged) === canonicalReference(askedTag);
}

function several(layers: readonly DescribedLayer[]): DescribedLayer | undefined {
  return layers.find((layer) => layer.several === true);
}

const LAYERS_SHOWN = 12;

/** A layer in a few words, with the user's line of its first step. */
function layerLine({ layer, several, id }: DescribedLayer): string {
  if (layer === undefined)
    return several ? `the layers of ${id.replace(/^registry /, "")}` : "a layer of the base";
  const [first, ...others] = layer.operations;
  const steps = first === undefined ? "" : describeOperation(first);
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  const place = placeText(first?.origin);
  const name = layer.name === undefined ? "" : `${layer.name}: `;
  return `${name}${steps}${more}${place === undefined ? "" : ` (${place})`}`;
}

function layerLines(layers: readonly DescribedLayer[]): Details {
  return layers.slice(0, LAYERS_SHOWN).map((layer, at) => [`${at + 1}`, layerLine(layer)]);
}

/** A number of layers that is asked for, and the layers that count. */
export interface LayerCount {
  readonly count: number;
  readonly atMost: boolean;
  readonly own: boolean;
}

/** True when an image has as many layers as it should. */
export function checkLayers(subject: Subject, { count, atMost, own }: LayerCount): Failure | undefined {
  const { image, description } = subject;
  if (own && description === undefined) return unknownOrigin("which layers are its own", count);
  const layers = own ? ownLayers(image) : image.layers;
  const base = several(layers);
  const found = layers.length;
  // A base in a registry has one layer at least.
  if (base !== undefined && (found <= count || !atMost)) {
    return unknowable(
      `how many layers the image has (hasOwnLayers counts those above its base)`,
      count,
      base.unknown!,
    );
  }
  if (atMost ? found <= count : found === count) return undefined;
  const what = `the image has ${own ? "own layers" : "layers"}: ${found}, not ${atMost ? "at most " : ""}${count}`;
  return failure(what, found, count, layerLines(layers));
}

function ownLayers({ layers, ownLayers }: DescribedImage): readonly DescribedLayer[] {
  return ownLayers === 0 ? [] : layers.slice(-ownLayers);
}

/** Returns the message for facts of the description, which an archive does not have. */
function unknownOrigin(what: string, expected: unknown): Failure {
  const { message } = failure(`${what} is not said by an archive`, undefined, expected, [
    ["to test it", "use expectImage(image)"],
  ]);
  return { message, actual: undefined, expected, unknown: true };
}

/** True when two images share their first layers. */
export function checkShared(left: Subject, right: Subject, count: number): Failure | undefined {
  // The layers of a description are told apart by their steps, those of an archive by their content.
  if ((left.description === undefined) !== (right.description === undefined))
    return unknownOrigin("which steps made its layers", count);
  const [ours, theirs] = [left.image.layers, right.image.layers];
  let shared = 0;
  while (shared < ours.length && ours[shared]!.id === theirs[shared]?.id) shared++;
  if (shared >= count) return undefined;
  const next = (layers: readonly DescribedLayer[]) =>
    layers.slice(shared, shared + 1).map(layerLine)[0] ?? "no more layers";
  const base = several(ours.slice(0, shared));
  return failure(`the images share ${shared} of the ${count} layers`, shared, count, [
    ["then this has", next(ours)],
    ["and the other", next(theirs)],
    ["counted as one", base && `${layerLine(base)}, however many they are`],
  ]);
}

/** A limit of an image's size. */
export interface SizeLimit {
  /** Bytes; the image has to have fewer. */
  readonly limit: number;
  readonly own: boolean;
  /** Bytes of a base in a registry. */
  readonly base: number | undefined;
}

const FILES_SHOWN = 3;

/** True when an image is smaller than a limit. */
export function checkSize(subject: Subject, { limit, own, base }: SizeLimit): Failure | undefined {
  const { image, description } = subject;
  if (own && description === undefined) return unknownOrigin("which layers are its own", limit);
  const layers = own ? ownLayers(image) : image.layers;
  const bytesOf = (layer: DescribedLayer) => layer.bytes ?? (layer.several === true ? base : undefined);
  const known = layers.reduce((sum, layer) => sum + (bytesOf(layer) ?? 0), 0);
  if (known >= limit) {
    const what = `the image${own ? " above its base" : ""} has ${sizeText(known)}, not under ${sizeText(limit)}`;
    return failure(what, known, limit, largestFiles(image));
  }
  const open = layers.find((layer) => bytesOf(layer) === undefined);
  if (open === undefined) return undefined;
  const hint =
    open.several === true ? " (isOwnUnder leaves the base out, the option base says its size)" : "";
  return unknowable(`whether the image is under ${sizeText(limit)}${hint}`, limit, open.unknown!);
}

function largestFiles({ tree, placedBy }: DescribedImage): Details {
  const sizes = [...placedBy].flatMap(([path, operation]) => {
    let node: ReturnType<typeof tree.children.get> = tree;
    for (const name of path.split("/")) node = node?.type === "folder" ? node.children.get(name) : undefined;
    return node?.type === "file" ? [{ path, size: node.size, origin: operation.origin }] : [];
  });
  sizes.sort((left, right) => right.size - left.size);
  return sizes.slice(0, FILES_SHOWN).map(({ path, size, origin }) => {
    const place = placeText(origin);
    return [sizeText(size), `/${path}${place === undefined ? "" : ` (${place})`}`];
  });
}
