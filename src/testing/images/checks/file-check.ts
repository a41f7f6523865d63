import type { DescribedImage } from "../../../engine/described/described-image.js";
import { bytesNow } from "../../../engine/described/local-base.js";
import { ownerIds } from "../../../engine/described/owner-ids.js";
import { isModeKnown, type Unknown, whyContentUnknown } from "../../../engine/described/unknown.js";
import { isLayerwrightError } from "../../../errors/layerwright-error.js";
import { ownerText } from "../../../image/owner.js";
import { resolvePath } from "../../../layer/resolve.js";
import type { TreeNode } from "../../../layer/tree-node.js";
import { type Failure, failure, unknowable } from "../failure.js";
import type { ReadExpectation } from "./file-expectation.js";
import { modeWord, nearText, ownerWord, placedText, typeWord } from "./file-facts.js";

/** True when an image has what is asked for at a path. */
export function checkFile(image: DescribedImage, asked: ReadExpectation): Failure | undefined {
  const { path, type } = asked;
  const { node, path: real } = resolvePath(image.tree, path, { followLast: type !== "symlink" });
  const what = `${typeWord(type)} ${path}`;
  const expected = { type, ...wanted(asked) };
  if (node === undefined) {
    const unknown = image.unknown.at(real);
    const exists = image.unknown.existsAt(real);
    if (unknown !== undefined) {
      return unknowable(
        `${exists ? "what there is at" : "whether there is a"} ${exists ? path : what}`,
        expected,
        unknown,
      );
    }
    return failure(`the image has no ${what}`, undefined, expected, nearText(image, path));
  }
  if (node.type !== type) {
    const found = node.type === "symlink" ? `symbolic link to ${node.target}` : typeWord(node.type);
    return failure(`${path} is a ${found} and no ${typeWord(type)}`, { type: node.type }, expected, [
      ["from", placedText(image, real)],
    ]);
  }
  return compare(image, node, real, asked);
}

function wanted({ mode, owner, size, contents, linkTarget }: ReadExpectation): Record<string, unknown> {
  return {
    ...(mode === undefined ? {} : { mode: modeWord(mode) }),
    ...(owner === undefined ? {} : { owner: ownerText(owner) }),
    ...(size === undefined ? {} : { size }),
    ...(contents === undefined ? {} : { contents }),
    ...(linkTarget === undefined ? {} : { linkTarget }),
  };
}

/** One thing that was asked for: what is there instead, or why that is not known. */
type Verdict = "same" | { readonly found: unknown; readonly note?: string } | { readonly unknown: Unknown };

function compare(
  image: DescribedImage,
  node: TreeNode,
  real: string,
  asked: ReadExpectation,
): Failure | undefined {
  const { path } = asked;
  const actual: Record<string, unknown> = {};
  const expected: Record<string, unknown> = {};
  let open: { readonly name: string; readonly unknown: Unknown } | undefined;
  let note: string | undefined;
  const judged = Object.entries(wanted(asked));
  for (const [name, value] of judged) {
    const verdict = judge(name, image, node, asked);
    if (verdict === "same") continue;
    if ("unknown" in verdict) open ??= { name, unknown: verdict.unknown };
    else [actual[name], expected[name]] = [verdict.found, value];
    if ("note" in verdict) note ??= verdict.note;
  }
  const wrong = Object.keys(actual);
  if (wrong.length > 0) {
    const differences = wrong.map((name) => `${name} ${shown(actual[name])}, not ${shown(expected[name])}`);
    return failure(`${path} has the ${differences.join(", and the ")}`, actual, expected, [
      ["from", placedText(image, real)],
      ["note", note ?? image.unknown.at(real)?.because],
    ]);
  }
  return open && unknowable(`the ${open.name} of ${path}`, Object.fromEntries(judged), open.unknown);
}

function judge(name: string, image: DescribedImage, node: TreeNode, asked: ReadExpectation): Verdict {
  switch (name) {
    case "mode":
      return judgeMode(node, asked.mode!);
    case "owner":
      return judgeOwner(image, node, asked);
    case "size":
    case "contents":
      return judgeContent(name, node, asked);
    default:
      return node.type === "symlink" && node.target !== asked.linkTarget ? { found: node.target } : "same";
  }
}

function judgeMode(node: TreeNode, mode: number): Verdict {
  if (!isModeKnown(node.mode)) {
    const unknown = node.type === "file" ? whyContentUnknown(node) : undefined;
    return { unknown: unknown ?? { because: "a build tells it", origin: undefined } };
  }
  return node.mode === mode ? "same" : { found: modeWord(node.mode) };
}

function judgeOwner(image: DescribedImage, node: TreeNode, asked: ReadExpectation): Verdict {
  const owner = asked.owner!;
  const found = ownerWord(image, node);
  let ids: ReturnType<typeof ownerIds>;
  try {
    ids = ownerIds(image, owner);
  } catch (error) {
    if (!isLayerwrightError(error) || error.code !== "OWNER_UNKNOWN") throw error;
    return { found, note: error.shortMessage };
  }
  const same = ids.uid === node.uid && (owner.group === undefined || ids.gid === node.gid);
  if (same) return "same";
  // A name and a number, or two names, may be the same account of a base that is not here.
  const pairs = [[ids.uid, node.uid], ...(owner.group === undefined ? [] : [[ids.gid, node.gid]])];
  const open = pairs.every(([left, right]) => left === right || left! < 0 !== right! < 0);
  if (!open) return { found };
  const because = `only the accounts of its base tell which number has the name (it belongs to ${found})`;
  return { unknown: { because, origin: undefined } };
}

function judgeContent(
  name: "size" | "contents",
  node: TreeNode,
  { size, contents }: ReadExpectation,
): Verdict {
  if (node.type !== "file") return "same";
  const unknown = whyContentUnknown(node);
  if (unknown !== undefined) return { unknown };
  if (name === "size") return node.size === size ? "same" : { found: node.size };
  const bytes = Buffer.from(bytesNow(node));
  if (contents instanceof Uint8Array)
    return bytes.equals(contents) ? "same" : { found: new Uint8Array(bytes) };
  const text = bytes.toString("utf8");
  const fits =
    contents instanceof RegExp
      ? new RegExp(contents, contents.flags.replace(/[gy]/g, "")).test(text)
      : text === contents;
  return fits ? "same" : { found: text };
}

const SHOWN = 60;

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (value instanceof RegExp) return String(value);
  if (typeof value !== "string" || /^[\w:?. ()-]*$/.test(value)) return String(value);
  return JSON.stringify(value.length > SHOWN ? `${value.slice(0, SHOWN)}…` : value);
}
