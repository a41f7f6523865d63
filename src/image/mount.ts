import { assertNever } from "../core/assert-never.js";
import { type Call, refuse } from "./call.js";
import { parseAbsolutePath } from "./container-path.js";
import { checkFlag, checkOptions, defined } from "./options.js";
import { parseSource, type SourceInput } from "./parse-source.js";
import type { RunMount } from "./steps/run-step.js";

type CacheMount = Extract<RunMount, { type: "cache" }>;
export type BindMount = Extract<RunMount, { type: "bind" }>;
type TmpfsMount = Extract<RunMount, { type: "tmpfs" }>;
type SecretMount = Extract<RunMount, { type: "secret" }>;
type SshMount = Extract<RunMount, { type: "ssh" }>;

/** A mount as a user writes it: the source of a bind may be a path of the build context. */
export type MountInput =
  | Exclude<RunMount, BindMount>
  | (Omit<BindMount, "source"> & { readonly source: SourceInput });

const OPTIONS: Readonly<Record<RunMount["type"], readonly string[]>> = {
  cache: ["type", "target", "id", "sharing"],
  bind: ["type", "target", "source", "writable"],
  tmpfs: ["type", "target", "sizeBytes"],
  secret: ["type", "id", "target", "env", "required"],
  ssh: ["type", "id"],
};
const SHARING: readonly string[] = ["shared", "private", "locked"];
/** A mount is written as `key=value,key=value` in a Dockerfile, so an id has no comma, quote or blank. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_./:@+-]{0,254}$/;

/** Reads a mount of a run step, or refuses it with `MOUNT_INVALID`. */
export function parseMount(call: Call, mount: unknown): RunMount {
  const type = typeof mount === "object" && mount !== null ? (mount as { type?: unknown }).type : mount;
  if (typeof type !== "string" || !Object.hasOwn(OPTIONS, type)) {
    return invalid(call, "type", type, Object.keys(OPTIONS).join(", "));
  }
  const input = mount as MountInput;
  checkOptions(call, input, OPTIONS[input.type]);
  switch (input.type) {
    case "cache":
      return cacheMount(call, input);
    case "bind":
      checkFlag(call, "writable", input.writable);
      return defined<BindMount>({
        type: "bind",
        target: parseAbsolutePath(call, input.target),
        source: parseSource(call, input.source),
        writable: input.writable,
      });
    case "tmpfs":
      return tmpfsMount(call, input);
    case "secret":
      return secretMount(call, input);
    case "ssh":
      return defined<SshMount>({ type: "ssh", id: optionalId(call, input.id) });
    default:
      return assertNever(input);
  }
}

function cacheMount(call: Call, input: CacheMount): CacheMount {
  if (input.sharing !== undefined && !SHARING.includes(input.sharing)) {
    invalid(call, "sharing", input.sharing, SHARING.join(", "));
  }
  return defined<CacheMount>({
    type: "cache",
    target: parseAbsolutePath(call, input.target),
    id: optionalId(call, input.id),
    sharing: input.sharing,
  });
}

function tmpfsMount(call: Call, input: TmpfsMount): TmpfsMount {
  const { sizeBytes } = input;
  if (sizeBytes !== undefined && !(Number.isSafeInteger(sizeBytes) && sizeBytes > 0)) {
    invalid(call, "sizeBytes", sizeBytes, "a positive integer");
  }
  return defined<TmpfsMount>({ type: "tmpfs", target: parseAbsolutePath(call, input.target), sizeBytes });
}

function secretMount(call: Call, input: SecretMount): SecretMount {
  const { env, id, target, required } = input;
  checkFlag(call, "required", required);
  if (env !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(env)) {
    invalid(call, "env", env, "the name of an environment variable");
  }
  return defined<SecretMount>({
    type: "secret",
    id: optionalId(call, id) ?? invalid(call, "id", id, "the name that the secret is passed under"),
    target: target === undefined ? undefined : parseAbsolutePath(call, target),
    env,
    required,
  });
}

function optionalId(call: Call, id: unknown): string | undefined {
  if (id === undefined || (typeof id === "string" && ID.test(id))) return id;
  return invalid(call, "id", id, 'letters, digits and "_", ".", "/", ":", "@", "+", "-"');
}

function invalid(call: Call, field: string, got: unknown, allowed: string): never {
  return refuse(call, "MOUNT_INVALID", { field, got, allowed });
}
