import { beginCall } from "../image/call.js";
import type { Recipe } from "../image/image.js";
import { type NonRootOptions, nonRoot as nonRootRecipe } from "../recipes/non-root.js";
import {
  makePolicy,
  type Policy,
  type PolicyFinding,
  type PolicyOptions,
  readTexts,
  withPolicy,
} from "./policy.js";

/**
 * Makes an image run as a user that is not root, by number: `image.with(nonRoot())`. An image that starts from scratch,
 * also by way of other images, gets an `/etc/passwd` and `/etc/group` with root and this user, unless it wrote them
 * already. Any other base keeps its own: there the name is of no effect.
 *
 * Among the policies of a catalog it asks that every image does: `policies: [nonRoot()]` finds `NON_ROOT` where a
 * container runs as root. Where only the base says who runs, the built image is looked at.
 *
 * @throws {DefinitionError} OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID for root itself, POLICY_INVALID
 * @example
 * ```ts
 * import { Catalog, Image, nonRoot } from "layerwright";
 *
 * const hello = Image.scratch().binary("dist/hello", "/hello").with(nonRoot()).cmd(["/hello"]);
 * export default new Catalog("acme", { hello }, { policies: [nonRoot()] });
 * ```
 */
export function nonRoot(options: NonRootOptions & PolicyOptions = {}): Recipe & Policy {
  const call = beginCall("nonRoot");
  const { severity, images, ...user } = options;
  const asked = { ...(severity && { severity }), ...(images && { images }) };
  const asRoot = (said: string): PolicyFinding => ({
    message: `a container of it runs as root (${said})`,
    fix: "add .user(65532), or .with(nonRoot())",
  });
  const made = makePolicy(
    call,
    "NON_ROOT",
    {
      plan: ({ config, configIsWhole, originOf }) => {
        const found = rootWords(config.User, configIsWhole);
        return found === undefined ? undefined : { ...asRoot(found), origin: originOf("user") };
      },
      needsBuilt: ({ config, configIsWhole }) => !configIsWhole && config.User === undefined,
      built: ({ config, originOf }) => {
        const found = rootWords(config.User, true);
        return found === undefined
          ? undefined
          : { ...asRoot(`${found}, by its base`), origin: originOf("user") };
      },
    },
    asked,
  );
  return withPolicy(nonRootRecipe(user), made);
}

/** Returns the way a config names root; undefined for anybody else, and where that is not known. */
function rootWords(user: string | undefined, known: boolean): string | undefined {
  if (user === undefined || user === "") return known ? "it names no user" : undefined;
  const [name = ""] = user.split(":");
  return name === "root" || /^0+$/.test(name) ? `its user is ${user}` : undefined;
}

/** Options of `noSetuid`. */
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
