import type { Digest } from "./digest.js";

/** How a container's health is probed; durations in nanoseconds, as Docker stores them. */
export interface HealthcheckConfig {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** What a container starts with (image-spec config.md, with Docker's Healthcheck, Shell and OnBuild). */
export interface RuntimeConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Healthcheck?: HealthcheckConfig;
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[] | null;
}

/** One line of an image's history. */
export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The config document of an image. Fields of a base that we do not know are kept. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly config?: RuntimeConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

/**
 * The config without the nulls that Go writes for lists, maps and structures that are empty: every reader takes them
 * for what is not there.
 */
export function withoutNulls(config: ImageConfig): ImageConfig {
  const { config: given, history, rootfs, ...plain } = droppedNulls(config);
  const runtime = given && droppedNulls(given);
  const health = runtime?.Healthcheck && { Healthcheck: droppedNulls(runtime.Healthcheck) };
  return {
    ...plain,
    ...(runtime === undefined ? {} : { config: { ...runtime, ...health } }),
    rootfs: { ...rootfs, diff_ids: rootfs.diff_ids ?? [] },
    ...(history === undefined ? {} : { history: history.map(droppedNulls) }),
  };
}

function droppedNulls<Value extends object>(value: Value): Value {
  if (!Object.values(value).includes(null)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) as Value;
}
