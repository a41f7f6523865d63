import type { Origin } from "../../errors/origin.js";
import type { Owner } from "../../image/owner.js";
import { resolvePath } from "../../layer/resolve.js";
import { type Ids, isNumeric, knowAccountText, resolveOwner } from "../owners.js";
import type { DescribedImage } from "./described-image.js";
import { bytesNow } from "./local-base.js";
import { whyContentUnknown } from "./unknown.js";

/**
 * The ids of an owner as far as they are known: numbers where the accounts of the image are, else stand-ins, which are
 * the same for the same name.
 */
export function ownerIds(
  image: Pick<DescribedImage, "tree" | "unknown" | "names">,
  owner: Owner,
  origin?: Origin,
): Ids {
  const known = isNumeric(owner) || ["etc/passwd", "etc/group"].every((path) => loadAccounts(image, path));
  return known ? resolveOwner(image.tree, owner, origin) : image.names.idsOf(owner);
}

/** Makes the accounts of a file resolvable at once; false where they are not known. */
function loadAccounts({ tree, unknown }: Pick<DescribedImage, "tree" | "unknown">, path: string): boolean {
  const { node, path: real } = resolvePath(tree, path);
  // A command may have added to what the base has there.
  if (node?.type === "file" && node.content.kind === "layer" && unknown.at(real) !== undefined) return false;
  if (node?.type !== "file") return unknown.at(real) === undefined;
  if (whyContentUnknown(node) !== undefined) return false;
  if (node.content.kind === "layer") knowAccountText(node, Buffer.from(bytesNow(node)).toString("utf8"));
  return true;
}
