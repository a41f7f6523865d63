import { assertNever } from "../core/assert-never.js";
import type { Origin } from "../errors/origin.js";
import type { HealthcheckConfig, RuntimeConfig } from "../oci/image-config.js";

/** One change of the runtime config. Applied in order to the base's config by `applyConfig`. */
export type ConfigChange = { readonly origin?: Origin } & (
  | { readonly set: "env"; readonly name: string; readonly value: string }
  | { readonly set: "label"; readonly name: string; readonly value: string }
  | { readonly set: "annotation"; readonly name: string; readonly value: string }
  | { readonly set: "workdir"; readonly path: string }
  | { readonly set: "user"; readonly user: string }
  | { readonly set: "entrypoint"; readonly args: readonly string[] }
  | { readonly set: "cmd"; readonly args: readonly string[] }
  | { readonly set: "expose"; readonly port: string }
  | { readonly set: "volume"; readonly path: string }
  | { readonly set: "stopSignal"; readonly signal: string }
  | { readonly set: "healthcheck"; readonly check: HealthcheckConfig }
  | { readonly set: "shell"; readonly args: readonly string[] }
);

/** The search path that an image from scratch starts with: BuildKit sets it, so both syntheses do. */
export const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The config of an image from scratch before its first step. */
export const scratchConfig: RuntimeConfig = { Env: [`PATH=${DEFAULT_PATH}`], WorkingDir: "/" };

/**
 * A config with what every builder gives a stage that starts from scratch, where it does not say it itself. The search
 * path is the first of its variables, since it was there before the others are set.
 */
export function fromScratch(config: RuntimeConfig): RuntimeConfig {
  const env = config.Env ?? [];
  const isPath = (line: string) => line.startsWith("PATH=");
  const path = env.find(isPath) ?? `PATH=${DEFAULT_PATH}`;
  return {
    ...config,
    Env: [path, ...env.filter((line) => !isPath(line))],
    WorkingDir: config.WorkingDir || "/",
  };
}

/** A base's config with the search path that BuildKit adds where a base says none, after its own variables. */
export function withSearchPath(config: RuntimeConfig): RuntimeConfig {
  const env = config.Env ?? [];
  if (env.some((line) => line.startsWith("PATH="))) return config;
  return { ...config, Env: [...env, `PATH=${DEFAULT_PATH}`] };
}

type Draft = { -readonly [Key in keyof RuntimeConfig]: RuntimeConfig[Key] };

/**
 * The runtime config after some changes, as Docker's builder computes it: variables, labels, ports and volumes
 * merge; a new entry point drops an inherited command unless the same image sets one.
 */
export function applyConfig(base: RuntimeConfig, changes: readonly ConfigChange[]): RuntimeConfig {
  const draft: Draft = { ...base };
  const setsCommand = changes.some((change) => change.set === "cmd");
  for (const change of changes) {
    switch (change.set) {
      case "env":
        draft.Env = withVariable(draft.Env ?? [], change.name, change.value);
        break;
      case "label":
        draft.Labels = { ...draft.Labels, [change.name]: change.value };
        break;
      case "annotation":
        break;
      case "workdir":
        draft.WorkingDir = change.path;
        break;
      case "user":
        draft.User = change.user;
        break;
      case "entrypoint":
        draft.Entrypoint = change.args;
        if (!setsCommand) delete draft.Cmd;
        break;
      case "cmd":
        draft.Cmd = change.args;
        break;
      case "expose":
        draft.ExposedPorts = { ...draft.ExposedPorts, [change.port]: {} };
        break;
      case "volume":
        draft.Volumes = { ...draft.Volumes, [change.path]: {} };
        break;
      case "stopSignal":
        draft.StopSignal = change.signal;
        break;
      case "healthcheck":
        draft.Healthcheck = change.check;
        break;
      case "shell":
        draft.Shell = change.args;
        break;
      default:
        assertNever(change);
    }
  }
  return draft;
}

function withVariable(env: readonly string[], name: string, value: string): string[] {
  const line = `${name}=${value}`;
  const at = env.findIndex((item) => item === name || item.startsWith(`${name}=`));
  return at < 0 ? [...env, line] : env.map((item, index) => (index === at ? line : item));
}

/** The annotations that some changes set, the later value winning. */
export function annotationsOf(changes: readonly ConfigChange[]): Record<string, string> {
  const annotations: Record<string, string> = {};
  for (const change of changes) if (change.set === "annotation") annotations[change.name] = change.value;
  return annotations;
}
