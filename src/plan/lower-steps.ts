import { assertNever } from "../core/assert-never.js";
import { defined } from "../core/freeze.js";
import { resolvePath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type {
  ConfigStep,
  FileStep,
  HealthcheckStep,
  HostRunStep,
  LayerStep,
  PlatformStep,
  RunStep,
  Step,
} from "../image/nodes.js";
import type { Owner } from "../image/owner.js";
import type { HealthcheckConfig } from "../oci/image-config.js";
import { type Platform, platformText } from "../oci/platform.js";
import type { ConfigChange } from "./config.js";
import type { Lowering } from "./lowering.js";
import { lowerSource, resolveInState, type StageState } from "./lowering.js";
import {
  type AddOperation,
  type ChmodOperation,
  type ChownOperation,
  type CopyOperation,
  type FileOperation,
  type HostRunOperation,
  type MkdirOperation,
  type Operation,
  type PlanMount,
  planContents,
  type RunOperation,
} from "./operation.js";
import type { Layer } from "./plan.js";

/** The layers and config that the steps of one image become. */
interface LoweredSteps {
  readonly layers: readonly Layer[];
  readonly config: readonly ConfigChange[];
  readonly state: StageState;
}

/** Lowers steps in order: one layer a file or run step, one a group. */
export function lowerSteps(steps: readonly Step[], start: StageState, lowering: Lowering): LoweredSteps {
  const layers: Layer[] = [];
  const config: ConfigChange[] = [];
  let state = start;

  const lowerOne = (step: Exclude<Step, LayerStep | PlatformStep>): readonly Operation[] => {
    if (isConfigStep(step)) {
      const lowered = lowerConfigStep(step, state, lowering);
      config.push(...lowered.changes);
      state = lowered.state;
      return lowered.operations;
    }
    if (step.kind === "suppress") return [];
    if (step.kind === "run") return [lowerRunStep(step, state, lowering)];
    return [
      step.kind === "hostRun" ? lowerHostRunStep(step, lowering) : lowerFileStep(step, state, lowering),
    ];
  };
  const lowerGroup = (group: readonly Step[]): readonly Operation[] =>
    chosenSteps(group, lowering).flatMap((step) =>
      step.kind === "layer" ? lowerGroup(step.steps) : lowerOne(step),
    );

  for (const step of chosenSteps(steps, lowering)) {
    const operations = step.kind === "layer" ? lowerGroup(step.steps) : lowerOne(step);
    if (operations.length === 0) continue;
    const name = step.kind === "layer" ? step.name : undefined;
    layers.push({ id: "", operations, ...(name === undefined ? {} : { name }) });
  }
  return { layers, config, state };
}

/**
 * The steps with those of the plan's platform in place of what differs by platform.
 *
 * @throws {PlanError} PLATFORM_NOT_GIVEN
 */
function chosenSteps(steps: readonly Step[], lowering: Lowering): readonly Exclude<Step, PlatformStep>[] {
  return steps.flatMap((step) => {
    if (step.kind !== "platform") return [step];
    const chosen = stepsFor(step, lowering.platform);
    if (chosen !== undefined) return chosenSteps(chosen, lowering);
    const platform = platformText(lowering.platform);
    const given = step.variants.map((variant) => variant.platform);
    const origin = lowering.place(step.origin);
    throw new PlanError("PLATFORM_NOT_GIVEN", { platform, given }, { subject: platform, origin });
  });
}

/**
 * The steps that fit a platform; undefined when none do. What is written for an architecture as such fits its variants
 * too, since they run its programs: `linux/amd64` is for `linux/amd64/v3`.
 */
function stepsFor(step: PlatformStep, platform: Platform): readonly Step[] | undefined {
  const { os, architecture } = platform;
  for (const wanted of [platformText(platform), platformText({ os, architecture })]) {
    const variant = step.variants.find((one) => one.platform === wanted);
    if (variant !== undefined) return variant.steps;
  }
  return step.otherwise;
}

/** True when a destination is a directory to copy into: `/srv/`, `.`, `..` and what ends in them. */
function namesDirectory(dest: string): boolean {
  return /(^|\/)\.{0,2}$/.test(dest);
}

/** Lowers a file step: paths become absolute, sources point to contexts and stages. */
function lowerFileStep(step: FileStep, state: StageState, lowering: Lowering): FileOperation {
  const at = (path: string): string => resolveInState(state, path, step.origin);
  const origin = lowering.place(step.origin);
  switch (step.kind) {
    case "copy":
      return defined<CopyOperation>({
        op: "copy",
        sources: step.sources.map((source) => lowerSource(source, lowering, step.origin)),
        dest: at(step.dest),
        into: step.sources.length > 1 || namesDirectory(step.dest),
        owner: step.owner,
        mode: step.mode,
        exclude: step.exclude?.length === 0 ? undefined : step.exclude,
        maxFileSize: step.maxFileSize,
        origin,
      });
    case "binary":
      return defined<CopyOperation>({
        op: "copy",
        sources: [lowerSource(step.source, lowering, step.origin)],
        dest: at(step.dest),
        into: namesDirectory(step.dest),
        owner: step.owner ?? { user: 0, group: 0 },
        mode: step.mode,
        executable: true,
        origin,
      });
    case "write": {
      const { mode, owner } = step;
      const contents = planContents(step.contents);
      return defined<FileOperation & { op: "write" }>({
        op: "write",
        path: at(step.path),
        contents,
        mode,
        owner,
        origin,
      });
    }
    case "mkdir":
      return defined<MkdirOperation>({
        op: "mkdir",
        path: at(step.path),
        mode: step.mode,
        owner: step.owner,
        origin,
      });
    case "symlink": {
      const { target, owner } = step;
      return defined<FileOperation & { op: "symlink" }>({
        op: "symlink",
        path: at(step.path),
        target,
        owner,
        origin,
      });
    }
    case "remove":
      return defined<FileOperation & { op: "remove" }>({ op: "remove", path: at(step.path), origin });
    case "chmod": {
      const { mode, recursive } = step;
      return defined<ChmodOperation>({ op: "chmod", path: at(step.path), mode, recursive, origin });
    }
    case "chown": {
      const { owner, recursive } = step;
      return defined<ChownOperation>({ op: "chown", path: at(step.path), owner, recursive, origin });
    }
    case "add": {
      const { url, sha256, mode, owner } = step;
      const into = namesDirectory(step.dest);
      return defined<AddOperation>({
        op: "add",
        url,
        sha256,
        dest: at(step.dest),
        into,
        mode,
        owner,
        origin,
      });
    }
    default:
      return assertNever(step);
  }
}

/** Lowers a run step together with all the state that its command sees. */
function lowerRunStep(step: RunStep, state: StageState, lowering: Lowering): RunOperation {
  const ownWorkdir = state.ownWorkdir ? state.workdir : undefined;
  return defined<RunOperation>({
    op: "run",
    command: step.command,
    shell: state.shell,
    env: state.env,
    stepEnv: step.env,
    workdir: step.workdir === undefined ? ownWorkdir : resolveInState(state, step.workdir, step.origin),
    user: step.user ?? state.user,
    keepLeftovers: step.keepLeftovers === true ? true : undefined,
    network: step.network,
    mounts: step.mounts?.map(
      (mount): PlanMount =>
        mount.type === "bind"
          ? { ...mount, source: lowerSource(mount.source, lowering, step.origin) }
          : mount,
    ),
    timeout: step.timeout,
    origin: lowering.place(step.origin),
  });
}

/** Lowers a host command: it sees nothing of the image's config. */
function lowerHostRunStep(
  { command, env, key, tools, origin }: HostRunStep,
  lowering: Lowering,
): HostRunOperation {
  return defined<HostRunOperation>({
    op: "hostRun",
    command,
    env,
    key,
    tools,
    origin: lowering.place(origin),
  });
}

const CONFIG_KINDS: ReadonlySet<Step["kind"]> = new Set<ConfigStep["kind"]>([
  "annotation",
  "cmd",
  "entrypoint",
  "env",
  "expose",
  "healthcheck",
  "label",
  "shell",
  "stopSignal",
  "user",
  "volume",
  "workdir",
]);

/** True when a step changes the runtime config. */
function isConfigStep(step: Step): step is ConfigStep {
  return CONFIG_KINDS.has(step.kind);
}

/** The result of a config step; a `workdir` also makes its directory. */
interface LoweredConfigStep {
  readonly changes: readonly ConfigChange[];
  readonly operations: readonly Operation[];
  readonly state: StageState;
}

/** Lowers a config step to changes and to the state that later steps see. */
function lowerConfigStep(step: ConfigStep, state: StageState, lowering: Lowering): LoweredConfigStep {
  const origin = lowering.place(step.origin);
  const placed = origin === undefined ? {} : { origin };
  const only = (...changes: ConfigChange[]): LoweredConfigStep => ({
    changes: changes.map((change) => ({ ...change, ...placed })),
    operations: [],
    state,
  });
  switch (step.kind) {
    case "env": {
      const pairs = Object.entries(step.variables);
      const lowered = only(...pairs.map(([name, value]) => ({ set: "env" as const, name, value })));
      return { ...lowered, state: { ...state, env: { ...state.env, ...step.variables } } };
    }
    case "label":
      return only(
        ...Object.entries(step.labels).map(([name, value]) => ({ set: "label" as const, name, value })),
      );
    case "annotation":
      return only(
        ...Object.entries(step.annotations).map(([name, value]) => ({
          set: "annotation" as const,
          name,
          value,
        })),
      );
    case "workdir": {
      const path = resolveInState(state, step.path, step.origin);
      const owner = directoryOwner(state.user);
      const mkdir = defined<MkdirOperation>({
        op: "mkdir",
        path,
        mode: { octal: 0o755 },
        ifMissing: true,
        owner,
        origin,
      });
      return {
        ...only({ set: "workdir", path }),
        operations: path === "/" ? [] : [mkdir],
        state: { ...state, workdir: path, ownWorkdir: true },
      };
    }
    case "user":
      return { ...only({ set: "user", user: step.user }), state: { ...state, user: step.user } };
    case "entrypoint":
      return only({ set: "entrypoint", args: step.args });
    case "cmd":
      return only({ set: "cmd", args: step.args });
    case "expose":
      return only(...step.ports.map((port) => ({ set: "expose" as const, port })));
    case "volume":
      return only(...step.paths.map((path) => ({ set: "volume" as const, path: resolvePath("/", path) })));
    case "stopSignal":
      return only({ set: "stopSignal", signal: step.signal });
    case "healthcheck":
      return only({ set: "healthcheck", check: healthcheckConfig(step) });
    case "shell":
      return { ...only({ set: "shell", args: step.args }), state: { ...state, shell: step.args } };
    default:
      return assertNever(step);
  }
}

/** The owner of a working directory: the image's user at that point, as BuildKit has it. */
function directoryOwner(user: string | undefined): Owner | undefined {
  if (user === undefined) return undefined;
  const [name = "", group] = user.split(":");
  return group === undefined || group === ""
    ? { user: idOrName(name) }
    : { user: idOrName(name), group: idOrName(group) };
}

function idOrName(text: string): number | string {
  return /^\d+$/.test(text) ? Number(text) : text;
}

const NANOSECONDS = 1_000_000;

function healthcheckConfig(step: HealthcheckStep): HealthcheckConfig {
  const { check } = step;
  if (check === null) return { Test: ["NONE"] };
  const nanoseconds = (ms: number | undefined) => (ms === undefined ? undefined : ms * NANOSECONDS);
  return defined<HealthcheckConfig>({
    Test: check.test,
    Interval: nanoseconds(check.intervalMs),
    Timeout: nanoseconds(check.timeoutMs),
    StartPeriod: nanoseconds(check.startPeriodMs),
    Retries: check.retries,
  });
}
