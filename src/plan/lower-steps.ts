import { assertNever } from "../core/assert-never.js";
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
  type FileOperation,
  type HostRunOperation,
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
function chosenSteps(
  steps: readonly Step[],
  lowering: Lowering,
): readonly Exclude<Step, PlatformStep>[] {
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
function namesFolder(dest: string): boolean {
  return /(^|\/)\.{0,2}$/.test(dest);
}

/** Lowers a file step: paths become absolute, sources point to contexts and stages. */
function lowerFileStep(step: FileStep, state: StageState, lowering: Lowering): FileOperation {
  const at = (path: string): string => resolveInState(state, path, step.origin);
  const origin = lowering.place(step.origin);
  const placed = origin === undefined ? {} : { origin };
  const owner = "owner" in step && step.owner !== undefined ? { owner: step.owner } : {};
  switch (step.kind) {
    case "copy":
      return {
        op: "copy",
        sources: step.sources.map((source) => lowerSource(source, lowering, step.origin)),
        dest: at(step.dest),
        into: step.sources.length > 1 || namesFolder(step.dest),
        ...owner,
        ...(step.mode === undefined ? {} : { mode: step.mode }),
        ...(step.exclude === undefined || step.exclude.length === 0 ? {} : { exclude: step.exclude }),
        ...(step.maxFileSize === undefined ? {} : { maxFileSize: step.maxFileSize }),
        ...placed,
      };
    case "binary":
      return {
        op: "copy",
        sources: [lowerSource(step.source, lowering, step.origin)],
        dest: at(step.dest),
        into: namesFolder(step.dest),
        owner: step.owner ?? { user: 0, group: 0 },
        mode: step.mode,
        executable: true,
        ...placed,
      };
    case "write":
      return {
        op: "write",
        path: at(step.path),
        contents: planContents(step.contents),
        mode: step.mode,
        ...owner,
        ...placed,
      };
    case "mkdir":
      return { op: "mkdir", path: at(step.path), mode: step.mode, ...owner, ...placed };
    case "symlink":
      return { op: "symlink", path: at(step.path), target: step.target, ...owner, ...placed };
    case "remove":
      return { op: "remove", path: at(step.path), ...placed };
    case "chmod":
      return {
        op: "chmod",
        path: at(step.path),
        mode: step.mode,
        ...(step.recursive ? { recursive: true } : {}),
        ...placed,
      };
    case "chown":
      return {
        op: "chown",
        path: at(step.path),
        owner: step.owner,
        ...(step.recursive ? { recursive: true } : {}),
        ...placed,
      };
    case "add":
      return {
        op: "add",
        url: step.url,
        ...(step.sha256 === undefined ? {} : { sha256: step.sha256 }),
        dest: at(step.dest),
        into: namesFolder(step.dest),
        ...(step.mode === undefined ? {} : { mode: step.mode }),
        ...owner,
        ...placed,
      };
    default:
      return assertNever(step);
  }
}

/** Lowers a run step together with all the state that its command sees. */
function lowerRunStep(step: RunStep, state: StageState, lowering: Lowering): RunOperation {
  const origin = lowering.place(step.origin);
  const workdir =
    step.workdir !== undefined
      ? resolveInState(state, step.workdir, step.origin)
      : state.ownWorkdir
        ? state.workdir
        : undefined;
  const user = step.user ?? state.user;
  const mounts = step.mounts?.map(
    (mount): PlanMount =>
      mount.type === "bind" ? { ...mount, source: lowerSource(mount.source, lowering, step.origin) } : mount,
  );
  return {
    op: "run",
    command: step.command,
    shell: state.shell,
    env: state.env,
    ...(step.env === undefined ? {} : { stepEnv: step.env }),
    ...(workdir === undefined ? {} : { workdir }),
    ...(user === undefined ? {} : { user }),
    ...(step.keepLeftovers === true ? { keepLeftovers: true } : {}),
    ...(step.network === undefined ? {} : { network: step.network }),
    ...(mounts === undefined ? {} : { mounts }),
    ...(step.timeout === undefined ? {} : { timeout: step.timeout }),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** Lowers a host command: it sees nothing of the image's config. */
function lowerHostRunStep(
  { command, env, key, tools, origin }: HostRunStep,
  lowering: Lowering,
): HostRunOperation {
  const place = lowering.place(origin);
  return {
    op: "hostRun",
    command,
    ...(env === undefined ? {} : { env }),
    ...(key === undefined ? {} : { key }),
    ...(tools === undefined ? {} : { tools }),
    ...(place === undefined ? {} : { origin: place }),
  };
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
      const owner = folderOwner(state.user);
      const operations: Operation[] =
        path === "/"
          ? []
          : [
              {
                op: "mkdir",
                path,
                mode: { octal: 0o755 },
                ifMissing: true,
                ...(owner === undefined ? {} : { owner }),
                ...placed,
              },
            ];
      return {
        ...only({ set: "workdir", path }),
        operations,
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
function folderOwner(user: string | undefined): Owner | undefined {
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
  return {
    Test: check.test,
    ...(check.intervalMs === undefined ? {} : { Interval: check.intervalMs * NANOSECONDS }),
    ...(check.timeoutMs === undefined ? {} : { Timeout: check.timeoutMs * NANOSECONDS }),
    ...(check.startPeriodMs === undefined ? {} : { StartPeriod: check.startPeriodMs * NANOSECONDS }),
    ...(check.retries === undefined ? {} : { Retries: check.retries }),
  };
}
