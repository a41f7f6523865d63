import { assertNever } from "../../core/assert-never.js";
import { sha256Hex } from "../../core/bytes.js";
import { canonicalJson } from "../../core/json.js";
import { isWithin } from "../../core/posix-path.js";
import { type CopyOperation, describeOperation, type Operation } from "../../plan/operation.js";
import { packageManagers } from "../../plan/passes/leftovers.js";
import { type Layer, targetOf } from "../../plan/plan.js";
import type { ObservedEntry, ObservedLayer } from "../observed-image.js";
import { LAYER_END } from "./layering-problem.js";
import type { Footprint, LowerView, StageNode } from "./lower-view.js";

/** A stage with its atoms. */
export interface AtomicStage {
  readonly node: StageNode;
  readonly name: string;
  readonly decides: boolean;
  readonly atoms: readonly ObservedAtom[];
}

/** The layers of a stage that is to be decided about: one atom each, with what binds it to those below. */
export async function atomsOf(node: StageNode, view: LowerView): Promise<readonly ObservedAtom[]> {
  const order = new AtomOrder();
  const atoms: ObservedAtom[] = [];
  for (const [place, observed] of node.layers.entries()) {
    const layer = node.stage.layers[place]!;
    const entries = observed === undefined ? [] : await observed.entries();
    const after = order.next(layer, entries, view);
    if (observed === undefined) atoms.push(emptyAtom(layer, after));
    else atoms.push(observedAtom(layer, observed, entries, view.add(entries, place), after));
  }
  return atoms;
}

/** The layers of a stage that is as it is: one atom each. */
export function fixedAtoms({ stage, layers }: StageNode): readonly ObservedAtom[] {
  return layers.flatMap((observed, place) => {
    if (observed === undefined) return [];
    const layer = stage.layers[place] ?? { id: stage.id, operations: [] };
    return [plainAtom(layer, observed.diffId, observed.uncompressedSize - LAYER_END)];
  });
}

/** Makes an atom that nothing binds to others. */
function plainAtom(layer: Layer, diffId: string, bytes: number): ObservedAtom {
  const changes = changeRate(layer);
  const label = labelOf(layer);
  return { label, diffId, portableId: undefined, bytes, portableBytes: bytes, changes, after: [], hides: [] };
}

/** A layer of squash `"keep"` as an atom, before it is known which other images have it too. */
export interface ObservedAtom {
  readonly label: string;
  /** The diff id of its layer today. */
  readonly diffId: string;
  /** The same for the same files whatever the base has above them; undefined where the layer depends on its base. */
  readonly portableId: string | undefined;
  readonly bytes: number;
  /** Bytes with the directories above its files, where they are written too. */
  readonly portableBytes: number;
  readonly changes: number;
  readonly after: readonly number[];
  readonly hides: readonly { readonly of: number | "base"; readonly bytes: number }[];
}

const LONGEST_LABEL = 60;

/** The earlier atoms of a stage, by which is told what has to stay above them. */
class AtomOrder {
  #barrier = -1;
  readonly #links: { readonly path: string; readonly place: number }[] = [];
  /** The places where earlier atoms put files, also such as were there already and so are in no layer. */
  readonly #targets: { readonly target: string; readonly place: number }[] = [];
  #accounts: number | undefined;
  #count = 0;

  /** The places that an atom has to come after, whatever its paths are. */
  next(layer: Layer, entries: readonly ObservedEntry[], below: LowerView): Set<number> {
    const place = this.#count++;
    const after = new Set<number>();
    const { operations } = layer;
    if (this.#barrier >= 0) after.add(this.#barrier);
    if (entries.length === 0 || operations.some(dependsOnAll)) {
      for (let earlier = this.#barrier + 1; earlier < place; earlier++) after.add(earlier);
      this.#barrier = place;
    }
    // A path of a step may lead through a link that was made before.
    for (const operation of operations) {
      const target = targetOf(operation);
      if (target === undefined) continue;
      // A directory that is copied into keeps what it is, and one that the copy makes is as the copy says.
      const folder = shapesFolder(operation) ? below.ownerOf(target.slice(1)) : undefined;
      if (typeof folder === "number") after.add(folder);
      for (const link of this.#links) if (isWithin(target, `/${link.path}`)) after.add(link.place);
    }
    // What an earlier step wrote again as it was, and this one changes, would be taken back if they changed places.
    for (const { path } of this.#targets.length === 0 ? [] : entries) {
      const owner = below.ownerOf(path);
      if (owner === undefined) continue;
      for (const { target, place: earlier } of this.#targets) {
        const isAbove = typeof owner !== "number" || owner < earlier;
        if (isAbove && isWithin(`/${path}`, target)) after.add(earlier);
      }
    }
    for (const operation of operations) {
      const target = dependsOnAll(operation) ? undefined : targetOf(operation);
      if (target !== undefined) this.#targets.push({ target, place });
    }
    if (this.#accounts !== undefined && operations.some(namesOwner)) after.add(this.#accounts);
    for (const { type, path } of entries) {
      if (type === "symlink") this.#links.push({ path, place });
      if (path === "etc/passwd" || path === "etc/group") this.#accounts = place;
    }
    after.delete(place);
    return after;
  }
}

function observedAtom(
  layer: Layer,
  observed: ObservedLayer,
  entries: readonly ObservedEntry[],
  { hidden, after, plainParents, parents, whiteouts }: Footprint,
  order: ReadonlySet<number>,
): ObservedAtom {
  const portable = plainParents && !whiteouts && !layer.operations.some(dependsOnAll);
  const atom = plainAtom(layer, observed.diffId, observed.uncompressedSize - LAYER_END);
  return {
    ...atom,
    portableId: portable ? portableId(entries, parents) : undefined,
    portableBytes: atom.bytes + parents.size * 512,
    after: [...new Set([...after, ...order])].sort((left, right) => left - right),
    hides: [...hidden].map(([of, bytes]) => ({ of, bytes })),
  };
}

/** Makes the atom of a layer that changed nothing: it stays where it is. */
function emptyAtom(layer: Layer, order: ReadonlySet<number>): ObservedAtom {
  const after = [...order].sort((left, right) => left - right);
  return { ...plainAtom(layer, `nothing ${layer.id}`, 0), changes: 0, after };
}

function labelOf({ name, operations }: Layer): string {
  const text = name ?? operations.map(describeOperation).join("; ");
  return text.length > LONGEST_LABEL ? `${text.slice(0, LONGEST_LABEL - 1)}…` : text;
}

/** True when what an operation does depends on all that is there: it cannot change its place. */
function dependsOnAll(operation: Operation): boolean {
  switch (operation.op) {
    case "run":
    case "hostRun":
    case "remove":
    case "chmod":
    case "chown":
      return true;
    case "mkdir":
      return operation.ifMissing === true;
    default:
      return false;
  }
}

/** True when a directory that an operation makes at its target is another one than a new directory above a file. */
function shapesFolder(operation: Operation): boolean {
  if (operation.op !== "copy") return false;
  const { owner, mode, sources } = operation;
  return owner !== undefined || mode !== undefined || sources.some(({ from }) => from === "stage");
}

function namesOwner(operation: Operation): boolean {
  if (!("owner" in operation) || operation.owner === undefined) return false;
  return typeof operation.owner.user === "string" || typeof operation.owner.group === "string";
}

function portableId(entries: readonly ObservedEntry[], parents: ReadonlySet<string>): string {
  const above = [...parents].map((path) => ({ path, type: "folder", mode: 0o755, uid: 0, gid: 0, size: 0 }));
  const own = entries.map(({ mtime: _, xattrs, ...entry }) =>
    xattrs === undefined ? entry : { ...entry, xattrs: Object.keys(xattrs).sort() },
  );
  const lines = [...above, ...own].map((entry) => canonicalJson(entry)).sort();
  return sha256Hex(lines.join("\n"));
}

/**
 * The probability that the next update of its image changes a layer: 0 to 1. An estimate, of which the order counts,
 * from what a digest names to what people edit every day. Fixed figures, so that a decision depends on the description
 * alone and never on when it is taken.
 */
function changeRate({ operations }: Layer): number {
  const stays = operations.reduce((product, operation) => product * (1 - operationRate(operation)), 1);
  return Math.round((1 - stays) * 1e6) / 1e6;
}

const RATE = { named: 0.01, packages: 0.05, dependencies: 0.1, settings: 0.15, command: 0.3, files: 0.5 };

/** Directories whose content a lock file decides. */
const DEPENDENCIES =
  /(^|\/)(node_modules|vendor|site-packages|\.venv|venv|gems|bundle|deps|\.m2|third_party)(\/|$)/;

/** Files that are part of a system rather than of an application. */
const SYSTEM =
  /(^|\/)(certs?|certificates|ca-certificates|ssl|zoneinfo|locale|fonts)(\/|$)|\.(crt|pem|ttf|otf)$/;

function operationRate(operation: Operation): number {
  switch (operation.op) {
    case "copy":
      return copyRate(operation);
    case "add":
      return RATE.named;
    case "run":
      return isInstall(operation.command) ? RATE.packages : RATE.command;
    case "hostRun":
      return RATE.command;
    case "mkdir":
    case "symlink":
    case "remove":
    case "chmod":
    case "chown":
      return RATE.named;
    case "write":
      return RATE.settings;
    default:
      return assertNever(operation);
  }
}

function copyRate({ sources, dest }: CopyOperation): number {
  const paths = [...sources.map(({ path }) => path), dest];
  if (paths.some((path) => DEPENDENCIES.test(path))) return RATE.dependencies;
  return paths.some((path) => SYSTEM.test(path)) ? RATE.packages : RATE.files;
}

function isInstall(command: string | readonly string[]): boolean {
  const text = typeof command === "string" ? command : command.join(" ");
  return packageManagers.some(({ installs }) => installs.test(text)) || /\bapk\s+add\b/.test(text);
}
