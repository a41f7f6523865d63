import { sortByBytes } from "../../../core/bytes.js";
import { neededStages } from "../../../engine/check-plan.js";
import { beginCall } from "../../../image/call.js";
import type { Image } from "../../../image/image.js";
import type { RuntimeConfig } from "../../../oci/image-config.js";
import type { Layer, Stage } from "../../../plan/plan.js";
import type { Described } from "../../../project/described.js";
import { type ExpectOptions, Subject } from "../subject.js";
import { fileLines } from "./file-lines.js";
import { steadyPath, steadyText } from "./steady-text.js";
import { stepLines } from "./step-text.js";

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
 * console.log(imageSnapshot(image("a")) === imageSnapshot(image("b"))); // true
 * console.log(imageSnapshot(image("a")).includes("file 0644 0:0 /etc/motd")); // true
 * ```
 */
export function imageSnapshot(image: Image, options: ExpectOptions = {}): string {
  const subject = Subject.described(beginCall("imageSnapshot"), image, options);
  return snapshotOf(subject.description!);
}

/** The snapshot of a described image; every line but the titles is indented. */
export function snapshotOf({ plan, image }: Described): string {
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
