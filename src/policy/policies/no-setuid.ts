import { beginCall } from "../../image/call.js";
import { readTexts } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

/** What `noSetuid` lets stand. */
export interface NoSetuidOptions extends PolicyOptions {
  /** Absolute paths of programs that are meant to be. @default - none */
  readonly allow?: readonly string[];
}

const SETUID = 0o4000;
const SETGID = 0o2000;

/**
 * No program that a container sees is setuid or setgid, nor one of its base: `NO_SETUID`, one finding a file.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, noSetuid } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "#!/bin/sh\n");
 * export default new Catalog("acme", { app }, { policies: [noSetuid({ allow: ["/usr/bin/sudo"] })] });
 * ```
 */
export function noSetuid(options: NoSetuidOptions = {}): Policy {
  const call = beginCall("noSetuid");
  const { allow = [], ...rest } = options;
  const allowed = new Set(readTexts(call, "allowed paths", allow));
  return makePolicy(
    call,
    "NO_SETUID",
    {
      built: async ({ built, originOf }) => {
        const files = [...(await built.files())].filter(
          ([path, { entry }]) =>
            entry.type === "file" && (entry.mode & (SETUID | SETGID)) !== 0 && !allowed.has(`/${path}`),
        );
        return files.map(([path, { entry, layer }]) => ({
          message: `/${path} is ${(entry.mode & SETUID) === 0 ? "setgid" : "setuid"} (${entry.mode.toString(8)}, of ${entry.uid}:${entry.gid})`,
          fix: "set another mode where it comes in, remove it, or allow its path",
          origin: layer.originOf(path) ?? originOf("cmd"),
        }));
      },
    },
    rest,
  );
}
