import { beginCall } from "../../image/call.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";

const SHELL =
  /^(?:usr\/)?(?:local\/)?s?bin\/(?:sh|bash|ash|dash|zsh|ksh|mksh|fish|csh|tcsh|busybox|toybox|pwsh)$/;

/**
 * A container sees no shell: `NO_SHELL`. What runs in the image then is its program alone.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, noShell } from "layerwright";
 *
 * const app = Image.scratch().write("/etc/motd", "hello\n");
 * export default new Catalog("acme", { app }, { policies: [noShell()] });
 * ```
 */
export function noShell(options: PolicyOptions = {}): Policy {
  return makePolicy(
    beginCall("noShell"),
    "NO_SHELL",
    {
      built: async ({ built, originOf }) => {
        const found = [...(await built.files())].filter(
          ([path, { entry }]) => SHELL.test(path) && entry.type !== "folder",
        );
        const [first] = found;
        if (first === undefined) return undefined;
        const [path, { layer }] = first;
        return {
          message: `it has a shell: ${found.map(([one]) => `/${one}`).join(", ")}`,
          fix: "start from scratch or a base without one, and copy the program from a stage that builds it",
          origin: layer.originOf(path) ?? originOf("cmd"),
        };
      },
    },
    options,
  );
}
