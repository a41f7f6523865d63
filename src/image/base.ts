import { deepFreeze, defined } from "../core/freeze.js";
import type { HealthcheckConfig, RuntimeConfig } from "../oci/image-config.js";
import { isSignal, parsePorts } from "../oci/image-config.js";
import { parseReference } from "../oci/reference.js";
import { beginCall, type Call, checkOptions, refuse, refuseArgument } from "./call.js";
import { checkPathText, parseAbsolutePath } from "./container-path.js";
import type { BaseNode } from "./nodes.js";
import { ownerText, parseOwner } from "./owner.js";
import { parseArguments, parseLabels, parseVariables, recordOf } from "./strings.js";

const BRAND = Symbol.for("layerwright.base");

/** Facts about a registry image beside its name. */
export interface RegistryBaseOptions {
  /**
   * Directories that you vouch for: they exist in the base as real directories of root with mode 0755. Single files
   * that are put into them, or into `/`, are laid over whatever is there (a link of the same name is replaced, and not
   * followed), so that a build which does no more need not fetch the base's layers.
   */
  readonly folders?: readonly string[];
}

/** The image of a layout or archive that is meant, and its reference in a Dockerfile. */
export interface LocalBaseOptions {
  /** @default - the only image in it */
  readonly tag?: string;
  /** The reference in a Dockerfile's FROM. @default - the base is passed as a named build context */
  readonly reference?: string;
}

/** The config of an image made of a root file system. */
export interface RootfsBaseOptions {
  /** In OCI's own words (image-spec config.md): `Env`, `Cmd`, `WorkingDir` ... */
  readonly config?: RuntimeConfig;
}

/**
 * The start of an image, as a value: nothing is read or fetched until an image is planned or built. Paths are
 * relative to the build context's directory.
 *
 * @example
 * ```ts
 * import { Base, Image } from "layerwright";
 *
 * const base = Base.layout("vendor/debian-oci", { tag: "bookworm", reference: "debian:bookworm-slim" });
 * export const image = Image.from(base).run("apt-get --version");
 * ```
 */
export class Base {
  /** The data of the base, as the plan reads it. */
  readonly node: BaseNode;

  private constructor(node: BaseNode) {
    this.node = deepFreeze(node);
    Object.freeze(this);
  }

  /** Nothing at all: the image holds what its steps put there. */
  static scratch(): Base {
    return new Base({ kind: "scratch" });
  }

  /**
   * An image of a registry, in Docker's spelling (`debian:bookworm-slim`, `ghcr.io/acme/app@sha256:…`).
   *
   * @throws {DefinitionError} REFERENCE_INVALID, PATH_INVALID, OPTION_UNKNOWN
   */
  static registry(reference: string, options: RegistryBaseOptions = {}): Base {
    const call = beginCall("Base.registry");
    checkOptions(call, options, ["folders"]);
    parseReference(reference, call.origin);
    const folders = options.folders?.map((folder) => parseAbsolutePath(call, folder));
    return new Base(defined<BaseNode & { kind: "registry" }>({ kind: "registry", reference, folders }));
  }

  /**
   * An OCI image layout on disk, a directory or a tar of one.
   *
   * @throws {DefinitionError} PATH_INVALID, REFERENCE_INVALID, OPTION_UNKNOWN
   */
  static layout(path: string, options: LocalBaseOptions = {}): Base {
    const call = beginCall("Base.layout");
    return new Base({ kind: "layout", ...localBase(call, path, options) });
  }

  /**
   * An archive as `docker save` writes it.
   *
   * @throws {DefinitionError} PATH_INVALID, REFERENCE_INVALID, OPTION_UNKNOWN
   */
  static archive(path: string, options: LocalBaseOptions = {}): Base {
    const call = beginCall("Base.archive");
    return new Base({ kind: "archive", ...localBase(call, path, options) });
  }

  /**
   * A root file system, a directory or a tar of one.
   *
   * @throws {DefinitionError} PATH_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID and those of the steps of the same name
   */
  static rootfs(path: string, options: RootfsBaseOptions = {}): Base {
    const call = beginCall("Base.rootfs");
    checkOptions(call, options, ["config"]);
    const config = options.config === undefined ? undefined : parseRuntimeConfig(call, options.config);
    return new Base(
      defined<BaseNode & { kind: "rootfs" }>({ kind: "rootfs", path: checkPathText(call, path), config }),
    );
  }
}

Object.defineProperty(Base.prototype, BRAND, { value: true });

/** True for a base, also for one of another copy of the package. */
export function isBase(value: unknown): value is Base {
  return typeof value === "object" && value !== null && BRAND in value;
}

function localBase(call: Call, path: string, options: LocalBaseOptions) {
  checkOptions(call, options, ["tag", "reference"]);
  const { reference, tag } = options;
  if (reference !== undefined) parseReference(reference, call.origin);
  const checkedTag = tag === undefined ? undefined : checkPathText(call, tag);
  return defined<{ path: string; tag?: string; reference?: string }>({
    path: checkPathText(call, path),
    tag: checkedTag,
    reference,
  });
}

type Check = (call: Call, value: unknown) => unknown;

/** One check a field, by the same grammars as the steps have, so that a config is held to no less. */
const CHECKS: Readonly<Record<keyof RuntimeConfig, Check>> = {
  User: (call, value) => (value === "" ? value : ownerText(parseOwner(call, value))),
  ExposedPorts: (call, value) => {
    for (const port of Object.keys(recordOf(call, "ports", value, undefined, 1))) {
      const parsed = parsePorts(port);
      if ("reason" in parsed) refuse(call, "PORT_INVALID", { got: port, reason: parsed.reason });
    }
    return value;
  },
  Env: (call, value) => {
    for (const pair of strings(call, "Env", value)) {
      const cut = pair.indexOf("=");
      parseVariables(call, cut === -1 ? { "": pair } : { [pair.slice(0, cut)]: pair.slice(cut + 1) });
    }
    return value;
  },
  Entrypoint: (call, value) => (value === null ? value : parseArguments(call, value, 0)),
  Cmd: (call, value) => (value === null ? value : parseArguments(call, value, 0)),
  Volumes: (call, value) => {
    for (const path of Object.keys(recordOf(call, "volumes", value, undefined, 1)))
      parseAbsolutePath(call, path);
    return value;
  },
  WorkingDir: (call, value) => (value === "" ? value : parseAbsolutePath(call, value)),
  Labels: (call, value) => parseLabels(call, recordOf(call, "labels", value, undefined, 1)),
  StopSignal: (call, value) =>
    typeof value === "string" && isSignal(value)
      ? value
      : refuse(call, "SIGNAL_INVALID", { got: value, suggestion: undefined }),
  Healthcheck: healthcheck,
  Shell: (call, value) => parseArguments(call, value, 1),
  OnBuild: (call, value) => (value === null ? value : strings(call, "OnBuild", value)),
};

/** Reads a runtime config in OCI's own words; a field that is not OCI's or Docker's is refused. */
function parseRuntimeConfig(call: Call, value: unknown): RuntimeConfig {
  checkOptions(call, value, Object.keys(CHECKS));
  const checked = Object.entries(value as RuntimeConfig)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => [key, structuredClone(CHECKS[key as keyof RuntimeConfig](call, field))]);
  return Object.fromEntries(checked) as RuntimeConfig;
}

function healthcheck(call: Call, value: unknown): unknown {
  checkOptions(call, value, ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"]);
  const { Test, ...numbers } = value as HealthcheckConfig;
  if (Test !== undefined) strings(call, "Healthcheck.Test", Test);
  for (const [field, number] of Object.entries(numbers)) {
    if (Number.isSafeInteger(number) && (number as number) >= 0) continue;
    refuse(call, "HEALTHCHECK_INVALID", { field, got: number, allowed: "an integer from 0, in nanoseconds" });
  }
  return value;
}

function strings(call: Call, field: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  return refuseArgument(call, `field ${field}`, value, "an array of strings");
}
