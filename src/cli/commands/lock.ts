import { type Command, Option } from "commander";
import { sizeText } from "../../core/size.js";
import type { LockedLayering } from "../../lock/lock.js";
import { entryText } from "../../lock/lock-needs.js";
import type { PackageChange } from "../../lock/package-list.js";
import { familiarReference } from "../../oci/reference.js";
import { redactUrl } from "../../plan/operation.js";
import type { DescribedChange, LockResult } from "../../project/lock/lock.js";
import { shownLock } from "../../project/lock/lock-file.js";
import { exitCodes } from "../exit-codes.js";
import { openCatalog } from "../open-catalog.js";
import { UsageError } from "../option-value.js";
import { withProgress } from "../progress.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { columns, counted } from "../text.js";

interface LockCommandFlags {
  readonly lock?: string;
  /** Names; true when there are none. */
  readonly update?: readonly string[] | true;
  readonly check?: boolean;
  readonly packages?: boolean;
  readonly store?: string;
}

/** `layerwright lock`: what the images take from outside, by digest. */
export function define(command: Command, shell: Shell): void {
  command
    .option("--update [names...]", "resolve tags again: all, or only these names")
    .option("--check", "write nothing; exit with 6 if entries are missing or unused")
    .option("--packages", "fetch the layers of changed bases, to list the packages that changed")
    .option("--lock <file>", "lock file (default: layerwright.lock.json beside the catalog)")
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright lock",
    "layerwright lock --update",
    "layerwright lock --update debian --packages",
    "layerwright lock --update layers               # decides anew what squash auto becomes",
    "layerwright lock --update encoders             # takes what this runtime compresses layers with",
    "layerwright lock --check",
  ]);
  act(command, shell, lock);
}

async function lock(session: Session, _: readonly string[], flags: LockCommandFlags): Promise<Report> {
  if (flags.check === true && flags.update !== undefined) {
    const reason = "--check writes nothing, so --update cannot be with it";
    throw new UsageError("COMMAND_LINE_INVALID", {
      reason,
      suggestion: undefined,
      command: "layerwright lock",
    });
  }
  const project = await openCatalog(session, []);
  const { lockProject } = await import("../../project/lock/lock.js");
  const result = await withProgress(session, (progress) =>
    lockProject(project, {
      signal: session.signal,
      ...(progress === undefined ? {} : { progress }),
      ...(flags.lock === undefined ? {} : { lock: flags.lock }),
      ...(flags.update === undefined ? {} : { update: flags.update }),
      ...(flags.check === undefined ? {} : { check: flags.check }),
      ...(flags.packages === undefined ? {} : { packages: flags.packages }),
      ...(flags.store === undefined ? {} : { store: flags.store }),
    }),
  );
  return flags.check === true ? checkReport(result) : writeReport(result);
}

function writeReport({ path, changes, written }: LockResult): Report {
  const place = shownLock(path);
  return {
    json: { lock: path, written, changes },
    quiet: changes.map((change) => `${changeName(change)}\n`).join(""),
    text: (paint) =>
      written
        ? `${changesText(changes, paint)}written to ${paint.cyan(place)}\n`
        : `${paint.cyan(place)} is up to date\n`,
  };
}

function checkReport({ path, missing, unused }: LockResult): Report {
  const complete = missing.length + unused.length === 0;
  const lines = (paint: Paint) => [
    ...missing.map((entry) => `${paint.yellow("missing")}  ${entryText(entry)}\n`),
    ...unused.map((entry) => `${paint.yellow("unused")}   ${entryText(entry)}\n`),
  ];
  return {
    json: { lock: path, complete, missing, unused },
    quiet: [...missing, ...unused].map((entry) => `${entryText(entry)}\n`).join(""),
    text: (paint) =>
      complete
        ? `${paint.cyan(shownLock(path))} is up to date\n`
        : `${lines(paint).join("")}run \`layerwright lock\` to write ${paint.cyan(shownLock(path))}\n`,
    exitCode: complete ? exitCodes.ok : exitCodes.lock,
  };
}

/** What changed, a line an entry, and below it the packages that did. */
function changesText(changes: readonly DescribedChange[], paint: Paint): string {
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
