import { baseName, isWithin, parentPath } from "../../core/posix-path.js";
import type { CopyOperation, Operation, PlanSource } from "../operation.js";
import { type BaseFacts, type KnownPath, operationsOf, type Plan, type Stage, targetOf } from "../plan.js";
import type { SourceProbe } from "./pass.js";

/** The known part of the file system that the steps of a stage start on: that of its base, through other stages. */
export class Ground {
  readonly #probe: SourceProbe;
  /** Operations of the stages below, the lowest first. */
  readonly #below: readonly Operation[];
  /** Undefined where the base is not known; empty facts of scratch. */
  readonly #facts: Pick<BaseFacts, "paths"> | "scratch" | undefined;
  /** Links that steps make. */
  readonly #links = new Set<string>();
  /** Directories with copied contents, which may hold links. */
  readonly #trees = new Set<string>();
  readonly #straying = new Map<Operation, boolean>();
  /** A change depended on what is known of a base from outside. */
  askedBase = false;

  constructor(plan: Plan, stage: Stage, probe: SourceProbe) {
    this.#probe = probe;
    const below: Operation[][] = [];
    let { base } = stage;
    while (base.kind === "stage") {
      const id = base.stage;
      const parent: Stage | undefined = plan.stages.find((one) => one.id === id);
      if (parent === undefined) break;
      below.unshift([...operationsOf(parent)]);
      base = parent.base;
    }
    this.#below = below.flat();
    this.#facts = base.kind === "scratch" ? "scratch" : "known" in base ? base.known : undefined;
    for (const one of [...this.#below, ...operationsOf(stage)]) {
      if (one.op === "symlink") this.#links.add(one.path);
      if (one.op === "copy" && copiedFile(one, probe) === undefined) this.#trees.add(one.dest);
    }
  }

  /** The base's entry at a path: `null` for none, undefined if it is unknown. */
  inBase(path: string): KnownPath | undefined {
    if (this.#facts === "scratch") return path === "/" ? undefined : null;
    if (this.#facts === undefined || ancestors(path).some((above) => this.#isLink(above))) return undefined;
    const { paths } = this.#facts;
    return path in paths || !ancestors(path).some((above) => paths[above] === null) ? paths[path] : null;
  }

  /** True when nothing is at a path before the steps of the stage, and nothing leads there under another name. */
  lacks(path: string): boolean {
    return this.#ask(path) === null && !this.#mayHave(path, this.#below);
  }

  /** True when nothing is at a path after some operations of the stage. */
  isNew(path: string, earlier: readonly Operation[]): boolean {
    if (this.#ask(path) !== null) return false;
    return !this.#mayHave(path, [...this.#below, ...earlier]);
  }

  /** True when an operation could read or change what is at a path, be it through a link. */
  touches(operation: Operation, path: string): boolean {
    return mayTouch(operation, path, this.#probe) || this.#strays(operation);
  }

  /** True when a path is surely a directory after some operations of the stage. */
  isFolder(path: string, earlier: readonly Operation[]): boolean {
    if (path === "/") return true;
    const made = earlier.findLastIndex((one) => one.op === "mkdir" && one.path === path);
    if (earlier.slice(made + 1).some((one) => one.op === "remove" && isWithin(path, one.path))) return false;
    return (
      made >= 0 || (this.#ask(path)?.type === "folder" && !this.#below.some((one) => one.op === "remove"))
    );
  }

  /** The same as `inBase`, where the answer decides about a change. */
  #ask(path: string): KnownPath | undefined {
    this.askedBase ||= this.#facts !== undefined && this.#facts !== "scratch";
    return this.inBase(path);
  }

  #mayHave(path: string, operations: readonly Operation[]): boolean {
    return operations.some((one) => mayMake(one, path, this.#probe) || this.#strays(one));
  }

  /** True when a link may lead what an operation writes to another path than it says. */
  #strays(operation: Operation): boolean {
    const known = this.#straying.get(operation);
    if (known !== undefined) return known;
    const target = targetOf(operation);
    const isInto = operation.op === "copy" || operation.op === "add";
    const passed = target === undefined ? [] : [...ancestors(target), ...(isInto ? [target] : [])];
    const strays = passed.some((path) => this.#isLink(path) || this.#mayBeLink(path));
    this.#straying.set(operation, strays);
    return strays;
  }

  #mayBeLink(path: string): boolean {
    return (
      this.#links.has(path) || ancestors(path).some((above) => this.#trees.has(above)) || this.#trees.has("/")
    );
  }

  #isLink(path: string): boolean {
    return typeof this.#facts === "object" && this.#facts.paths[path]?.type === "symlink";
  }
}

/** The directories above a path, without the root. */
function ancestors(path: string): readonly string[] {
  const above: string[] = [];
  for (let at = parentPath(path); at !== "/"; at = parentPath(at)) above.push(at);
  return above;
}

const GLOB = /[*?[\\]/;

/** The kind of a single source, as far as it is known. */
export function sourceShape(source: PlanSource, probe: SourceProbe): "file" | "folder" | undefined {
  if (source.from === "stage" || GLOB.test(source.path)) return undefined;
  if (source.found !== undefined) return source.found.shape === "many" ? undefined : source.found.shape;
  const shape = probe(source.context, source.path);
  return shape === "missing" ? undefined : shape;
}

/** The one path that a copy of a single file writes, or undefined where it may write more or other paths. */
export function copiedFile(copy: CopyOperation, probe: SourceProbe): string | undefined {
  const [source] = copy.sources;
  if (source === undefined || copy.sources.length > 1 || GLOB.test(source.path)) return undefined;
  if (copy.executable !== true && sourceShape(source, probe) !== "file") return undefined;
  if (!copy.into) return copy.dest;
  return copy.dest === "/"
    ? `/${baseName(`/${source.path}`)}`
    : `${copy.dest}/${baseName(`/${source.path}`)}`;
}

/** The one file, directory or link that an operation makes, or undefined where that is not known for sure. */
export function producedPath(operation: Operation, probe: SourceProbe): string | undefined {
  switch (operation.op) {
    case "write":
    case "mkdir":
    case "symlink":
      return operation.path;
    case "copy":
      return copiedFile(operation, probe);
    default:
      return undefined;
  }
}

/** True when a copied file goes into its destination if that is a directory. */
export function mayEnter(operation: Operation): boolean {
  return operation.op === "copy" && !operation.into;
}

/** True when an operation could read or change what is at a path, above it or below it. */
export function mayTouch(operation: Operation, path: string, probe: SourceProbe): boolean {
  const made =
    operation.op === "mkdir" || operation.op === "symlink" ? undefined : producedPath(operation, probe);
  // A plain file has nothing below it, but a copy may go into a directory at its destination.
  if (made !== undefined) return isWithin(made, path) || (mayEnter(operation) && isWithin(path, made));
  const target = targetOf(operation);
  return target === undefined || isWithin(target, path) || isWithin(path, target);
}

/** True when something could exist at a path because of this operation. */
function mayMake(operation: Operation, path: string, probe: SourceProbe): boolean {
  switch (operation.op) {
    case "remove":
    case "chmod":
    case "chown":
      return false;
    case "mkdir":
      return isWithin(operation.path, path);
    default:
      return mayTouch(operation, path, probe);
  }
}
