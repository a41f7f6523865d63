import { assertNever } from "../core/assert-never.js";
import { isLayerwrightError, PlanError } from "../errors/layerwright-error.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { parseReference } from "../oci/reference.js";
import { annotationsOf, applyConfig, fromScratch, scratchConfig } from "../plan/config.js";
import { hasNoLayer } from "../plan/layer-warnings.js";
import type { CopyOperation, Operation } from "../plan/operation.js";
import type { Layer, PlanBase, RegistryPlanBase, Stage } from "../plan/plan.js";
import { type ChangeOperation, changeByCopy, changeCommand, scriptCommand } from "./change-command.js";
import { spelledCopies } from "./copy-source.js";
import { Accounts, type Emission, StageDraft } from "./draft.js";
import { configChanges, emitConfig, isRoot, setUser } from "./emit-config.js";
import { emitHostRun, emitJoinedRun, emitRun, type JoinedOperation, withoutHostRuns } from "./emit-run.js";
import { KnownTree } from "./known-tree.js";
import { type BringOperation, isBring, noteCommand, noteEffects } from "./layer-effects.js";
import { mayInheritGroup, writeLayer } from "./write-layer.js";

/**
 * Writes one stage of the plan, with the prep stages that its layers need.
 *
 * @param isImage true when the stage is the image, which has one layer at least
 */
export function emitStage(emission: Emission, stage: Stage, name: string, isImage: boolean): void {
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
  if (isImage && emission.dialect.name === "buildkit" && hasNoLayer(emission.plan, stage))
    addEmptyLayer(draft);
  finishStage(emission, stage, draft);
}

/** Adds a layer that holds nothing: BuildKit writes a manifest without layers else, which registries refuse. */
function addEmptyLayer(draft: StageDraft): void {
  const nothing = draft.prep("/");
  nothing.finish();
  draft.add({ kind: "copy", flags: { from: nothing.name }, sources: ["/"], dest: "/" });
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
    // Buildah 1.28 leaves the working directory of a stage from scratch unset.
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

/** True when a stage is one layer on nothing, so that there is nothing to squash. */
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

type LocalBase = Extract<PlanBase, { kind: "layout" | "archive" }>;

/** Begins a stage of the plan: its FROM, and all that is known of what it starts from. */
function beginStage(emission: Emission, stage: Stage, name: string): StageDraft {
  const { base } = stage;
  switch (base.kind) {
    case "scratch": {
      const draft = new StageDraft(emission, name, "scratch", "scratch");
      draft.baseConfig = scratchConfig;
      draft.fullConfig = scratchConfig;
      return draft;
    }
    case "stage": {
      const parent = emission.stages.get(base.stage)!;
      const draft = new StageDraft(emission, name, parent.name, parent.baseLabel);
      inherit(draft, parent);
      return draft;
    }
    case "registry":
      return known(new StageDraft(emission, name, fromText(base), base.reference), base, base.known?.config);
    case "layout":
    case "archive": {
      const from = base.reference ?? contextFor(emission, base, stage);
      return known(
        new StageDraft(emission, name, from, base.reference ?? base.path),
        base,
        base.known?.config,
      );
    }
    case "rootfs":
      return beginRootfs(emission, base, name);
    default:
      return assertNever(base);
  }
}

/**
 * The text of FROM: the user's spelling, and the digest of the lock, or else the one that what is known of the base was
 * read by, so that both stay together. A tag is always there, also the `latest` that is not written: people and the
 * tools that propose updates read from it what the digest once was.
 */
function fromText({ reference, digest: locked, known }: RegistryPlanBase): string {
  const digest = locked ?? known?.digest;
  if (digest === undefined || reference.includes("@")) return reference;
  const tagged = parseReference(reference).tag === undefined ? `${reference}:latest` : reference;
  return `${tagged}@${digest}`;
}

function known(draft: StageDraft, base: PlanBase, config: RuntimeConfig | undefined): StageDraft {
  draft.tree = KnownTree.ofBase(base);
  draft.accounts = Accounts.ofBase("known" in base ? base.known : undefined);
  const { OnBuild: _, ...left } = config ?? {};
  draft.baseConfig = config && left;
  draft.fullConfig = config && left;
  return draft;
}

function inherit(draft: StageDraft, parent: StageDraft): void {
  draft.tree = parent.tree.clone();
  draft.accounts = parent.accounts.clone();
  draft.baseConfig = parent.baseConfig;
  draft.fullConfig = parent.fullConfig;
  draft.shellSeen = parent.shellSeen;
  draft.commandSeen = parent.commandSeen;
  draft.config = { ...parent.config, env: new Map(parent.config.env) };
  draft.inheritedShell = parent.config.shell;
  draft.inheritedUser = parent.config.user;
  draft.inheritedWorkdir = parent.config.workdir;
}

/** An OCI layout directory is a named build context; nothing else that lies on disk can be. */
function contextFor(emission: Emission, base: LocalBase, stage: Stage): string {
  if (base.kind !== "layout" || /\.(tar|tgz|tar\.(gz|zst|xz))$/i.test(base.path)) {
    const kind = base.kind === "layout" ? "layout in a tar" : "archive";
    throw new PlanError(
      "BASE_NO_CONTEXT",
      { path: base.path, kind },
      { subject: base.path, origin: stage.origin },
    );
  }
  return emission.layoutContext(base);
}

/** A root file system is unpacked by ADD from a tar, which keeps owners and modes, and gets its config spelled. */
function beginRootfs(
  emission: Emission,
  base: Extract<PlanBase, { kind: "rootfs" }>,
  name: string,
): StageDraft {
  const draft = new StageDraft(emission, name, "scratch", base.path);
  draft.tree = KnownTree.ofBase(base);
  draft.accounts = Accounts.ofBase(base.known);
  const config = withDefaults(base.known?.config ?? base.config ?? scratchConfig);
  draft.baseConfig = scratchConfig;
  const source = emission.generatedSource(emission.files.rootfs(base.path));
  if (source.from !== undefined) {
    const what = "a root file system as base of an image that also copies the whole context";
    const way = "copy the needed directories by name, so that the tar of the base can lie in the context too";
    throw new PlanError(
      "DIALECT_CANNOT",
      { what, dialect: emission.dialect.name, way },
      { subject: base.path },
    );
  }
  draft.add({ kind: "add", flags: {}, source: source.path, dest: "/" });
  emitConfig(draft, configChanges(scratchConfig, config, base.path));
  draft.baseConfig = config;
  draft.fullConfig = config;
  draft.inheritedShell = draft.config.shell;
  draft.inheritedUser = draft.config.user;
  draft.inheritedWorkdir = draft.config.workdir;
  return draft;
}

/** A root file system has no config of its own, so what builders say of a stage from scratch holds for it too. */
function withDefaults(config: RuntimeConfig): RuntimeConfig {
  const env = config.Env ?? [];
  const Env = env.some((line) => line.startsWith("PATH=")) ? env : [...(scratchConfig.Env ?? []), ...env];
  return { ...config, Env, WorkingDir: config.WorkingDir || "/" };
}

/** Writes one layer of a plan: exactly one instruction that makes a layer, and those that prepare it. */
function emitLayer(draft: StageDraft, layer: Layer): void {
  const [first] = layer.operations;
  if (first === undefined) return;
  const comment = originComment(layer.operations, layer.name);
  draft.comment(comment);
  if (first.op === "hostRun" && layer.operations.length === 1) {
    emitHostRun(draft, first);
    return;
  }
  const operations = withoutIdleRemovals(draft, withoutHostRuns(draft, layer.operations)).flatMap(
    (operation): readonly JoinedOperation[] =>
      operation.op === "copy" ? spelledCopies(draft.emission, operation) : [operation],
  );
  if (operations.length === 0) return;
  if (operations.length === 1 && operations[0]?.op === "run") {
    emitRun(draft, operations[0]);
    return;
  }
  const bring = operations.filter(isBring);
  if (bring.length === operations.length) {
    bringFiles(draft, bring);
    return;
  }
  const [only] = operations;
  if (operations.length === 1 && (only?.op === "remove" || only?.op === "chmod" || only?.op === "chown")) {
    emitChange(draft, only);
    return;
  }
  emitJoinedRun(draft, operations);
}

/**
 * The operations of a layer without removals of what is not there by then: as in the direct build, nothing happens, so
 * no tool is needed for them.
 */
function withoutIdleRemovals(
  draft: StageDraft,
  operations: readonly JoinedOperation[],
): readonly JoinedOperation[] {
  if (!operations.some(({ op }) => op === "remove")) return operations;
  const before = draft.mark();
  // A command may make anything.
  let isKnown = true;
  const left = operations.filter((operation) => {
    if (operation.op === "run") isKnown = false;
    if (!isKnown || operation.op === "run") return true;
    if (operation.op === "remove" && isAbsent(draft, operation.path)) return false;
    noteEffects(draft, operation);
    return true;
  });
  draft.rewind(before);
  return left;
}

function isAbsent({ tree }: StageDraft, path: string): boolean {
  return tree.at(tree.real(path, false)).kind === "absent";
}

/** Copies files in; where COPY cannot say it and a command has run in a shell, there is one, and it can. */
function bringFiles(draft: StageDraft, operations: readonly BringOperation[]): void {
  if (draft.shellSeen && operations.some((operation) => mayInheritGroup(draft, operation))) {
    emitJoinedRun(draft, operations);
    return;
  }
  const before = draft.mark();
  try {
    writeLayer(draft, operations);
  } catch (error) {
    const unknown = isLayerwrightError(error) && error.code === "FOLDERS_UNKNOWN";
    if (!unknown || !draft.shellSeen) throw error;
    draft.rewind(before);
    emitJoinedRun(draft, operations);
  }
}

/**
 * Removing or changing what a lower layer holds is one tool of the image, run as root; without a shell where it can.
 */
function emitChange(draft: StageDraft, operation: ChangeOperation): void {
  const { tree } = draft;
  const { args, script } = changeCommand(draft, operation);
  const [tool = "rm"] = args;
  const places = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"].map((folder) =>
    tree.real(`${folder}/${tool}`, true),
  );
  if (places.every((path) => tree.at(path).kind === "absent")) {
    if (changeByCopy(draft, operation)) return;
    const context = { subject: operation.path, origin: operation.origin };
    const verb = operation.op === "remove" ? "removal" : operation.op;
    throw new PlanError("NO_TOOL", { operation: verb, path: operation.path, base: draft.baseLabel }, context);
  }
  const user = draft.config.user ?? draft.baseConfig?.User;
  if (!isRoot(user)) setUser(draft, "0", operation.origin);
  const hasShell = tree.at(tree.real("/bin/sh", true)).kind !== "absent";
  const command =
    script === undefined || !hasShell
      ? ({ form: "exec", args } as const)
      : scriptCommand(draft, `${script}\n`);
  draft.add({ kind: "run", flags: [], command });
  noteEffects(draft, operation);
}

const MOST = 6;

/**
 * The places where a layer was written: `catalog.ts:12, 14`, after its name if it has one; empty where none is known.
 */
function originComment(operations: readonly Operation[], name: string | undefined): string {
  const lines = new Map<string, Set<number>>();
  for (const { origin } of operations) {
    if (origin !== undefined) lines.set(origin.file, (lines.get(origin.file) ?? new Set()).add(origin.line));
  }
  const places = [...lines].map(([file, numbers]) => `${file}:${someOf([...numbers])}`).join(", ");
  if (name === undefined) return places;
  return places === "" ? name : `${name} (${places})`;
}

function someOf(numbers: readonly number[]): string {
  return `${numbers.slice(0, MOST).join(", ")}${numbers.length > MOST ? " ..." : ""}`;
}
