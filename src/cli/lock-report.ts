import { sizeText } from "../core/size.js";
import type { LockedLayering } from "../lock/lock.js";
import type { PackageChange } from "../lock/package-list.js";
import { familiarReference } from "../oci/reference.js";
import { redactUrl } from "../plan/operation.js";
import type { DescribedChange } from "../project/lock.js";
import { columns } from "./columns.js";
import { counted } from "./counted.js";
import type { Paint } from "./paint.js";

/** What changed, a line an entry, and below it the packages that did. */
export function changesText(changes: readonly DescribedChange[], paint: Paint): string {
  const lines = columns(
    changes.map((change) => [
      {
        text: shownName(change),
        paint: paint.bold,
      },
      change.kind === "image" ? change.platform : change.kind,
      identityText(change),
      sizesText(change),
      layersText(change),
    ]),
  ).split("\n");
  return changes.map((change, index) => `${lines[index]}\n${packagesText(change)}`).join("");
}

/** The name of a changed entry, for programs that read lines. */
export function changeName(change: DescribedChange): string {
  return change.kind === "image" ? `${change.reference} ${change.platform}` : shownName(change);
}

function shownName(change: DescribedChange): string {
  if (change.kind === "image") return familiarReference(change.reference);
  if (change.kind === "file") return redactUrl(change.url);
  if (change.kind === "encoder") return change.compression;
  if (change.kind === "certificates") return "caCertificates()";
  const { images = [] } = change.after ?? change.before ?? {};
  return images.length === 0 ? change.stage : images.join(", ");
}

function identityText(change: DescribedChange): string {
  if (change.kind === "layering") return arrow(change, layersOf, change.before, change.after);
  if (change.kind === "encoder") return arrow(change, ({ by }) => by, change.before, change.after);
  if (change.kind === "certificates")
    return arrow(
      change,
      ({ count, sha256 }) => `${count} (${shortHex(sha256)})`,
      change.before,
      change.after,
    );
  if (change.kind === "file")
    return arrow(change, (one) => shortHex(one.sha256), change.before, change.after);
  return arrow(change, ({ digest }) => shortHex(digest.replace("sha256:", "")), change.before, change.after);
}

function layersOf({ layers, melt }: LockedLayering): string {
  return melt ? "1 layer, the base in it" : counted(layers.length, "layer");
}

function sizesText(change: DescribedChange): string {
  if (change.kind !== "image" && change.kind !== "file") return "";
  const size = ({ size: bytes }: { readonly size: number }) => sizeText(bytes);
  const { before, after } = change;
  if (before !== undefined && after !== undefined) return `${size(before)} -> ${size(after)}`;
  return [before, after].flatMap((one) => (one === undefined ? [] : [size(one)])).join("");
}

function layersText({ layers, ...change }: DescribedChange): string {
  if (layers !== undefined) return `${counted(layers.kept, "layer")} kept, ${layers.new} new`;
  if (change.kind !== "image" || change.before === undefined || change.after === undefined) return "";
  return change.before.manifest === change.after.manifest ? "the same image" : "";
}

function packagesText({ packages }: DescribedChange): string {
  if (packages === undefined) return "";
  if (packages.length === 0) return "  the same packages\n";
  return columns(packages.map((one) => [`  ${one.name}`, versionsText(one)]));
}

function versionsText({ before, after }: PackageChange): string {
  if (before === undefined) return `${after} is new`;
  return after === undefined ? `${before} is gone` : `${before} -> ${after}`;
}

function arrow<T>({ change }: DescribedChange, text: (one: T) => string, before?: T, after?: T): string {
  if (before === undefined || after === undefined) {
    const one = after ?? before;
    return `${change} ${one === undefined ? "" : text(one)}`;
  }
  return text(before) === text(after) ? text(after) : `${text(before)} -> ${text(after)}`;
}

function shortHex(hex: string): string {
  return hex.slice(0, 12);
}
