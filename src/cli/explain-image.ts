import { sizeText } from "../core/size.js";
import { type Origin, originText } from "../errors/origin.js";
import { platformText } from "../oci/platform.js";
import { describeOperation } from "../plan/operation.js";
import type { PassRecord, PassWarning } from "../plan/passes/pass.js";
import type { PlanBase, Stage } from "../plan/plan.js";
import { columns } from "./columns.js";
import { counted } from "./counted.js";
import type { LoadedImage } from "./load/loaded-catalog.js";
import type { Paint } from "./paint.js";
import { warningText } from "./warning-text.js";

/** What became of one image, as data. */
export interface Explanation {
  readonly name: string;
  readonly platform: string;
  readonly stages: readonly ExplainedStage[];
  readonly records: readonly PassRecord[];
  readonly warnings: readonly PassWarning[];
}

interface ExplainedStage {
  readonly id: string;
  readonly base: string;
  readonly squash: string;
  /** Why its layers are what they are, where they were decided for squash "auto". */
  readonly decided?: readonly string[];
  readonly layers: readonly {
    readonly name?: string;
    readonly operations: readonly { readonly text: string; readonly origin?: Origin }[];
  }[];
}

/** Explains an image: its first platform, and of the others those for which there is something else to say. */
export function explainImage({ name, plans }: LoadedImage): Explanation[] {
  const explained = new Map<string, Explanation>();
  for (const { platform, optimized } of plans) {
    const { plan, records, warnings } = optimized;
    const stages = plan.stages.map(explainStage);
    // The ids of stages depend on the platform, also where they stand for the same.
    const said = stages.reduce(
      (text, { id }, at) => text.replaceAll(id, `#${at}`).replaceAll(id.slice(0, 12), `#${at}`),
      JSON.stringify([stages, records, warnings]),
    );
    if (explained.has(said)) continue;
    explained.set(said, { name, platform: platformText(platform), stages, records, warnings });
  }
  return [...explained.values()];
}

/** An explanation for people: the layers with the lines they come from, then the passes. */
export function explainText(image: Explanation, paint: Paint): string {
  const last = image.stages.length - 1;
  const stages = image.stages.map((stage, index) => {
    const title = index === last ? "image" : `stage ${stage.id.slice(0, 12)}`;
    const head = `  ${title} on ${stage.base}${stage.squash === "keep" ? "" : ` (squash ${stage.squash}${stage.squash === "auto" ? ", not decided yet: run layerwright lock" : ""})`}\n`;
    const why = (stage.decided ?? []).map((line) => `    ${paint.green("auto")} ${line}\n`).join("");
    return head + why + stageText(stage, paint);
  });
  return [
    `${paint.bold(image.name)} ${paint.dim(image.platform)}\n`,
    ...stages,
    image.records.length === 0
      ? ""
      : `  passes\n${image.records.map((it) => recordText(it, paint)).join("")}`,
    ...image.warnings.map((it) => warningText(it, paint)),
  ].join("");
}

function recordText(record: PassRecord, paint: Paint): string {
  const { pass, origin, before, after, bytes, by } = record;
  const place = origin === undefined ? "" : `${paint.cyan(originText(origin))} `;
  const unknown = by === undefined ? "" : paint.dim(" (bytes not known until it is built)");
  const freed = bytes === undefined ? unknown : paint.green(` -${sizeText(bytes)}`);
  const price = priceText(record);
  return `    ${paint.bold(pass)} ${place}${before} ${paint.dim("->")} ${after}${freed}${price === "" ? "" : paint.dim(` (${price})`)}\n`;
}

function priceText({ by, reruns, rerunsOnUse }: PassRecord): string {
  const where = by === undefined ? "price" : "price in a Dockerfile";
  if (reruns !== undefined) return `${where}: its change runs ${counted(reruns, "command")} more`;
  if (rerunsOnUse === undefined) return "";
  return `${where}: a later step that begins to use it runs ${counted(rerunsOnUse, "command")} again`;
}

function stageText(stage: ExplainedStage, paint: Paint): string {
  const rows = stage.layers.flatMap(({ name, operations }, index) =>
    operations.map(({ text, origin }, at) => [
      at === 0 ? `    layer ${index + 1}` : "",
      name === undefined || at > 0 ? text : `${text} (${name})`,
      { text: origin === undefined ? "" : originText(origin), paint: paint.cyan },
    ]),
  );
  return rows.length === 0 ? "    no layers of its own\n" : columns(rows);
}

function explainStage({ id, base, squash, decided, layers }: Stage): ExplainedStage {
  return {
    id,
    base: planBaseText(base),
    squash,
    ...(decided === undefined ? {} : { decided }),
    layers: layers.map(({ name, operations }) => ({
      ...(name === undefined ? {} : { name }),
      operations: operations.map((operation) => ({
        text: describeOperation(operation),
        ...(operation.origin === undefined ? {} : { origin: operation.origin }),
      })),
    })),
  };
}

function planBaseText(base: PlanBase): string {
  switch (base.kind) {
    case "scratch":
      return "scratch";
    case "stage":
      return `stage ${base.stage.slice(0, 12)}`;
    case "registry":
      return base.reference;
    default:
      return base.path;
  }
}
