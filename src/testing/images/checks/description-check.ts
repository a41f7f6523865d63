import { neededStages } from "../../../engine/check-plan.js";
import { type Base, isBase } from "../../../image/base.js";
import { type Call, refuse } from "../../../image/call.js";
import { type Image, isImage } from "../../../image/image.js";
import type { BaseNode } from "../../../image/nodes.js";
import { canonicalReference, parseReference } from "../../../oci/reference.js";
import type { HostRunOperation, RunOperation } from "../../../plan/operation.js";
import { commandText } from "../../../plan/operation.js";
import { type Details, type Failure, failure, placeText } from "../failure.js";
import type { Subject } from "../subject.js";
import { fits } from "./config-check.js";
import { unknownOrigin } from "./layer-check.js";

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

/** What an image may stand on. */
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
