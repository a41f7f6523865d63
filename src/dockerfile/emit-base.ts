import { assertNever } from "../core/assert-never.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { parseReference } from "../oci/reference.js";
import { scratchConfig } from "../plan/config.js";
import type { PlanBase, RegistryPlanBase, Stage } from "../plan/plan.js";
import { Accounts } from "./accounts.js";
import { configChanges } from "./config-changes.js";
import type { Emission } from "./emission.js";
import { emitConfig } from "./emit-config.js";
import { KnownTree } from "./known-tree.js";
import { StageDraft } from "./stage-draft.js";

type LocalBase = Extract<PlanBase, { kind: "layout" | "archive" }>;

/** Begins a stage of the plan: its FROM, and all that is known of what it starts from. */
export function beginStage(emission: Emission, stage: Stage, name: string): StageDraft {
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
 * read by, so that both stay together. A tag is always there, also the `latest` that nobody writes: people and the tools
 * that propose updates read from it what the digest once was.
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

/** An OCI layout folder is a named build context; nothing else that lies on disk can be. */
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
    const way =
      "copy the folders that are needed by name, so that the tar of the base can lie in the context too";
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
