import { beginCall } from "../../image/call.js";
import type { Recipe } from "../../image/image.js";
import { type NonRootOptions, nonRoot as nonRootRecipe } from "../../recipes/non-root.js";
import { makePolicy, type Policy, type PolicyFinding, type PolicyOptions, withPolicy } from "../policy.js";

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

/** How a config says root; undefined for anybody else, and where that is not known. */
function rootWords(user: string | undefined, known: boolean): string | undefined {
  if (user === undefined || user === "") return known ? "it names no user" : undefined;
  const [name = ""] = user.split(":");
  return name === "root" || /^0+$/.test(name) ? `its user is ${user}` : undefined;
}
