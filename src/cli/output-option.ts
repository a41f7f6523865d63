import type { OutputTarget } from "../project/options.js";
import { refuseValue } from "./option-value.js";

const TYPES: readonly OutputTarget["type"][] = ["archive", "oci", "layout", "rootfs"];
const ALLOWED = `a path, - or type=${TYPES.join("|")},dest=PATH (docker is another word for archive)`;

/** What `--output` says; `dest` is missing where the default place is meant. */
export interface OutputOption {
  readonly type: OutputTarget["type"];
  readonly dest?: string;
}

/**
 * Reads `--output` as buildx spells it: a path, `-`, or `type=oci,dest=path`.
 *
 * @throws {UsageError} OPTION_VALUE_INVALID
 */
export function parseOutput(value: string): OutputOption {
  if (value === "") return refuseValue("--output", value, ALLOWED);
  if (!/^(type|dest)=/.test(value)) return { type: "archive", dest: value };
  let type: OutputTarget["type"] = "archive";
  let dest: string | undefined;
  // A comma in the path is part of it: only a known key begins a new field.
  for (const field of value.split(/,(?=(?:type|dest)=)/)) {
    const equals = field.indexOf("=");
    const key = field.slice(0, equals);
    const text = field.slice(equals + 1);
    if (text === "") return refuseValue("--output", value, ALLOWED);
    if (key === "dest") dest = text;
    // What buildx calls the archive that `docker load` takes.
    else if (text === "docker") type = "archive";
    else type = TYPES.find((known) => known === text) ?? refuseValue("--output", value, ALLOWED);
  }
  return dest === undefined ? { type } : { type, dest };
}
