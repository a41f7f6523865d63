import { PlanError } from "../errors/layerwright-error.js";
import { annotationsOf, applyConfig, fromScratch, scratchConfig } from "../plan/config.js";
import type { CopyOperation } from "../plan/operation.js";
import type { Stage } from "../plan/plan.js";
import { configChanges } from "./config-changes.js";
import type { Emission } from "./emission.js";
import { beginStage } from "./emit-base.js";
import { emitConfig } from "./emit-config.js";
import { emitLayer } from "./emit-layer.js";
import { noteCommand, noteEffects } from "./layer-effects.js";
import { StageDraft } from "./stage-draft.js";

/** Writes one stage of the plan, with the prep stages that its layers need. */
export function emitStage(emission: Emission, stage: Stage, name: string): void {
  if (stage.squash === "all" && !isPlain(stage)) {
    emitMelted(emission, stage, name);
    return;
  }
  const draft = beginStage(emission, stage, name);
  if (stage.triggered === true) {
    noteTriggers(draft, stage);
    draft.finish();
    emission.stages.set(stage.id, draft);
    return;
  }
  for (const layer of stage.layers) emitLayer(draft, layer);
  emitConfig(draft, stage.config);
  finishStage(emission, stage, draft);
}

/** Notes the effects of a base's triggers at its FROM: nothing is written for them, but files have to be there. */
function noteTriggers(draft: StageDraft, { layers, config }: Stage): void {
  for (const operation of layers.flatMap(({ operations }) => operations)) {
    if (operation.op === "run") noteCommand(draft, operation.command);
    else if (operation.op === "hostRun") noteCommand(draft);
    else {
      if (operation.op === "copy") letThrough(draft, operation);
      noteEffects(draft, operation);
    }
  }
  const base = draft.fullConfig;
  if (base === undefined) return;
  draft.baseConfig = applyConfig(base, config);
  draft.fullConfig = draft.baseConfig;
}

function letThrough({ emission }: StageDraft, { sources, origin }: CopyOperation): void {
  for (const source of sources) {
    if (source.from === "context") emission.ignore.use(source.path, [], origin);
  }
}

function finishStage(emission: Emission, stage: Stage, draft: StageDraft): void {
  const fromScratch = stage.squash === "all" || stage.base.kind === "scratch" || stage.base.kind === "rootfs";
  if (emission.dialect.name === "classic" && fromScratch && draft.config.workdir === undefined) {
    // Buildah 1.28 leaves the working folder of a stage from scratch unset.
    draft.add({ kind: "workdir", value: "/" });
    draft.config.workdir = "/";
  }
  const annotations = Object.keys(annotationsOf(stage.config));
  if (annotations.length > 0) {
    const message = `annotations are of the manifest, not of the Dockerfile: pass --annotation for ${annotations.join(", ")}`;
    emission.warn({ code: "ANNOTATIONS_LEFT_OUT", message });
  }
  if (draft.fullConfig !== undefined) draft.fullConfig = applyConfig(draft.fullConfig, stage.config);
  draft.finish();
  emission.stages.set(stage.id, draft);
}

/** One layer on nothing is melted already. */
function isPlain(stage: Stage): boolean {
  return stage.base.kind === "scratch" && stage.layers.length <= 1;
}

/** The base and all layers as one: everything of a finished stage is copied onto nothing, and its config spelled. */
function emitMelted(emission: Emission, stage: Stage, name: string): void {
  const full = beginStage(emission, stage, emission.names.unique(`${name}-unsquashed`));
  const config = full.fullConfig;
  if (config === undefined) {
    throw new PlanError(
      "BASE_CONFIG_UNKNOWN",
      { base: full.baseLabel },
      { subject: full.baseLabel, origin: stage.origin },
    );
  }
  // Only what they leave is copied on, so each step is an instruction of its own, with a user and mounts of its own.
  for (const layer of stage.layers) {
    for (const operation of layer.operations) emitLayer(full, { ...layer, operations: [operation] });
  }
  full.finish();
  const draft = new StageDraft(emission, name, "scratch", full.baseLabel);
  draft.baseConfig = scratchConfig;
  draft.tree = full.tree;
  draft.accounts = full.accounts;
  draft.shellSeen = full.shellSeen;
  draft.commandSeen = full.commandSeen;
  draft.add({ kind: "copy", flags: { from: full.name }, sources: ["/"], dest: "/" });
  const final = applyConfig(fromScratch(config), stage.config);
  emitConfig(draft, configChanges(scratchConfig, final, full.baseLabel));
  draft.fullConfig = config;
  finishStage(emission, stage, draft);
}
