import { assertNever } from "../core/assert-never.js";
import { resolvePath } from "../core/posix-path.js";
import type { ConfigStep, HealthcheckStep, Step } from "../image/nodes.js";
import type { Owner } from "../image/owner.js";
import type { HealthcheckConfig } from "../oci/image-config.js";
import type { ConfigChange } from "./config-change.js";
import type { Lowering } from "./lower.js";
import type { Operation } from "./operation.js";
import { resolveInState, type StageState } from "./stage-state.js";

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
export function isConfigStep(step: Step): step is ConfigStep {
  return CONFIG_KINDS.has(step.kind);
}

/** What a config step becomes; a `workdir` also makes its folder. */
export interface LoweredConfigStep {
  readonly changes: readonly ConfigChange[];
  readonly operations: readonly Operation[];
  readonly state: StageState;
}

/** Lowers a config step to changes and to the state that later steps see. */
export function lowerConfigStep(step: ConfigStep, state: StageState, lowering: Lowering): LoweredConfigStep {
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

/** The owner of a working folder: the image's user at that point, as BuildKit has it. */
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
