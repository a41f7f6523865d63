import { baseName, cleanAbsolute, isWithin, parentPath } from "../core/posix-path.js";
import { modeAfter } from "../image/mode.js";
import type { AddOperation, CopyOperation, FoundSource } from "../plan/operation.js";
import type { KnownPath, PlanBase } from "../plan/plan.js";
import { followLinks } from "../rootfs/resolve.js";

/** The known state of one path of an image while its Dockerfile is written. */
export type Fact =
  | FolderFact
  /** A directory whose mode and owner are not known. */
  | { readonly kind: "some-folder" }
  | { readonly kind: "symlink"; readonly target: string }
  | FileFact
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" };

/** A file, with its mode and owner where they are known. */
export interface FileFact {
  readonly kind: "file";
  readonly look?: {
    readonly mode: number;
    readonly uid: number;
    readonly gid: number;
    /** Set where it has capabilities. */
    readonly capable?: true;
  };
}

/** A directory whose mode and owner are known. */
export interface FolderFact {
  readonly kind: "folder";
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Set where a copy of a whole directory brought it, so that more of that copy may lie in it. */
  readonly copied?: true;
}

/** A directory as both syntheses make a missing parent. */
export const NEW_FOLDER: Fact = { kind: "folder", mode: 0o755, uid: 0, gid: 0 };

/** True for a directory of any mode. */
export function isFolder(fact: Fact): boolean {
  return fact.kind === "folder" || fact.kind === "some-folder";
}

const ABSENT: Fact = { kind: "absent" };
const UNKNOWN: Fact = { kind: "unknown" };

/** Places where packages of distributions have directories with setgid: logs, mail, caches and spools of a group. */
const PACKAGES_SETGID = /^\/var\/(cache|log|mail|spool)\/./;

/**
 * The known contents of the base and the layers so far. A Dockerfile cannot look into an image, so everything that
 * is not known here has to be written in a way that is right in every case.
 */
export class KnownTree {
  readonly #facts: Map<string, Fact>;
  /** Directories below which nothing exists but what is listed. */
  readonly #complete: Set<string>;
  /** Directories that hold whatever commands do (the user vouches for them). */
  readonly #vouched: ReadonlySet<string>;
  /** The facts before a command, which it may have changed. */
  readonly #before: Map<string, Fact>;
  /** True when a command may have made directories with setgid, or a step gave the bit to one that is not known. */
  #setgidMade: boolean;
  /** True when a command has installed packages. */
  #installed: boolean;

  private constructor(
    facts: Map<string, Fact>,
    complete: Set<string>,
    vouched: ReadonlySet<string>,
    before: Map<string, Fact> = new Map(),
    setgidMade = false,
    installed = false,
  ) {
    this.#facts = facts;
    this.#complete = complete;
    this.#vouched = vouched;
    this.#before = before;
    this.#setgidMade = setgidMade;
    this.#installed = installed;
  }

  /** Nothing but the root. */
  static empty(): KnownTree {
    return new KnownTree(new Map([["/", NEW_FOLDER]]), new Set(["/"]), new Set());
  }

  /** The known contents of a base before the first layer. */
  static ofBase(base: PlanBase): KnownTree {
    if (base.kind === "scratch") return KnownTree.empty();
    const vouched = new Set<string>();
    if (base.kind === "registry") for (const folder of base.folders ?? []) addWithParents(vouched, folder);
    const facts = new Map<string, Fact>([["/", NEW_FOLDER]]);
    for (const folder of vouched) facts.set(folder, NEW_FOLDER);
    const known = base.kind === "stage" ? undefined : base.known;
    for (const [path, entry] of Object.entries(known?.paths ?? {}))
      facts.set(cleanAbsolute(path), factOf(entry));
    return new KnownTree(facts, new Set(), vouched);
  }

  clone(): KnownTree {
    const before = new Map(this.#before);
    return new KnownTree(
      new Map(this.#facts),
      new Set(this.#complete),
      this.#vouched,
      before,
      this.#setgidMade,
      this.#installed,
    );
  }

  /** The fact about exactly this path; parents that are links are not followed. */
  at(path: string): Fact {
    const own = this.#facts.get(path);
    if (own !== undefined) return own;
    for (let above = parentPath(path); ; above = parentPath(above)) {
      const fact = this.#facts.get(above);
      if (fact !== undefined) {
        if (fact.kind === "unknown") return UNKNOWN;
        return !isFolder(fact) || this.#complete.has(above) ? ABSENT : UNKNOWN;
      }
      if (above === "/") return UNKNOWN;
    }
  }

  /** The path with every link on the way (the last component too if asked) replaced by what it points to. */
  real(path: string, followLast: boolean): string {
    const found = followLinks<Fact>(
      {
        root: NEW_FOLDER,
        child: (_folder, _name, at) => this.at(`/${at}`),
        linkTarget: (fact) => (fact.kind === "symlink" ? fact.target : undefined),
        isBlocking: () => false,
      },
      path,
      followLast,
    );
    return found === undefined ? path : `/${found.path}`;
  }

  set(path: string, fact: Fact): void {
    this.#facts.set(path, fact);
    if (!isFolder(fact)) this.#complete.delete(path);
  }

  /** A directory that did not exist, with nothing in it. */
  setNewFolder(path: string, fact: Fact = NEW_FOLDER): void {
    const fresh = this.at(path).kind === "absent";
    this.set(path, fact);
    if (fresh) this.#complete.add(path);
  }

  /** Makes the missing directories above a path, as both syntheses do. */
  addParents(path: string): void {
    if (path === "/") return;
    const parent = parentPath(path);
    this.addParents(parent);
    if (this.at(parent).kind === "absent") this.setNewFolder(parent);
  }

  /** Unknown things were put below a directory; what is listed there may have changed. */
  forgetBelow(folder: string): void {
    const prefix = folder === "/" ? "/" : `${folder}/`;
    for (const path of [...this.#facts.keys()]) {
      if (path !== folder && path.startsWith(prefix) && !this.#vouched.has(path)) this.#facts.delete(path);
    }
    for (const path of [...this.#complete])
      if (path === folder || path.startsWith(prefix)) this.#complete.delete(path);
  }

  /** A command ran: it may have changed anything but what the user vouches for. */
  forgetByCommand(mayMakeSetgid: boolean, mayInstall: boolean): void {
    for (const [path, fact] of this.#facts) if (path !== "/") this.#before.set(path, fact);
    this.#setgidMade ||= mayMakeSetgid;
    this.#installed ||= mayInstall;
    this.forgetBelow("/");
  }

  /** A directory of which nothing is known may have setgid now. */
  noteSetgid(): void {
    this.#setgidMade = true;
  }

  /** True when a directory that is a path or lies below it may have setgid, as far as steps and commands say. */
  maySetgid(top: string): boolean {
    const has = ([path, fact]: readonly [string, Fact]) =>
      fact.kind === "folder" && (fact.mode & 0o2000) !== 0 && isWithin(path, top);
    return this.#setgidMade || [...this.#facts].some(has) || [...this.#before].some(has);
  }

  /**
   * True when a directory that a builder would make on the way to this one could come to lie below one with setgid, of
   * which a command has left nothing certain: it was so before, or the command sets such bits.
   */
  mayInherit(folder: string): boolean {
    const setgidMade = this.#setgidMade || (this.#installed && PACKAGES_SETGID.test(folder));
    let uncertain = false;
    for (let path = folder; path !== "/"; path = parentPath(path)) {
      const fact = this.at(path);
      if (isFolder(fact)) return uncertain && setgidMade && fact.kind === "some-folder";
      if (fact.kind !== "unknown") continue;
      const before = this.#before.get(path);
      if (before?.kind === "folder") {
        return path !== folder && (setgidMade || (before.mode & 0o2000) !== 0);
      }
      uncertain = true;
    }
    return uncertain && setgidMade;
  }

  /** True when a path was not there before a command, which may have made it. */
  wasAbsent(path: string): boolean {
    for (let at = path; at !== "/"; at = parentPath(at)) {
      const before = this.#before.get(at);
      if (before !== undefined) return before.kind === "absent";
    }
    return false;
  }

  /** Changes a directory and, if asked, those below it that are known, by a rule. Of files nothing is known then. */
  changeFolders(folder: string, below: boolean, change: (fact: FolderFact) => Fact): void {
    for (const [path, fact] of this.#facts) {
      const meant = path === folder || (below && isWithin(path, folder));
      if (meant && path !== "/" && fact.kind === "folder") this.#facts.set(path, change(fact));
      if (meant && fact.kind === "file") this.#facts.set(path, { kind: "file" });
    }
  }

  /**
   * Unknown things were copied into a directory: a directory below it stays one, since no builder puts anything else in
   * its place, but its mode and owner may be those of what was copied.
   */
  mergeBelow(folder: string): void {
    const stay = [...this.#facts].filter(
      ([path, fact]) =>
        path !== folder && isWithin(path, folder) && isFolder(fact) && !this.#vouched.has(path),
    );
    this.forgetBelow(folder);
    for (const [path] of stay) this.#facts.set(path, { kind: "some-folder" });
  }

  /** A path and all below it is gone. */
  remove(path: string): void {
    if (path === "/") return;
    this.forgetBelow(path);
    this.#facts.set(path, ABSENT);
  }
}

type Placed = Pick<CopyOperation | AddOperation, "dest" | "into">;

/** True when a file without a slash behind its destination goes into a directory that is known to be there. */
export function enters(tree: KnownTree, { dest, into }: Placed): boolean {
  return !into && isFolder(tree.at(tree.real(dest, true)));
}

function addWithParents(set: Set<string>, folder: string): void {
  for (let path = cleanAbsolute(folder); path !== "/"; path = parentPath(path)) set.add(path);
}

function factOf(known: KnownPath): Fact {
  if (known === null) return ABSENT;
  if (known.type === "folder") return { kind: "folder", mode: known.mode, uid: known.uid, gid: known.gid };
  if (known.type === "symlink" && known.target !== undefined)
    return { kind: "symlink", target: known.target };
  if (known.type !== "file") return { kind: "file" };
  const { mode, uid, gid, capable } = known;
  return { kind: "file", look: { mode, uid, gid, ...(capable ? { capable } : {}) } };
}

/** One entry that a copy of context directories puts below its destination. */
interface CopiedEntry {
  /** Absolute. */
  readonly path: string;
  readonly fact: Fact;
}

/** The directories of an image whose attributes are those that a copy of context directories gives them. */
export function copiedFolders(operation: CopyOperation): readonly string[] {
  const entries = copiedEntries(operation, { uid: 0, gid: 0 }) ?? [];
  return entries.filter(({ fact }) => isFolder(fact)).map(({ path }) => path);
}

/**
 * Everything that a copy of context directories puts below its destination, parents first; undefined where not all of
 * it is known.
 *
 * @param owner undefined where it is looked up by name
 */
export function copiedEntries(
  operation: CopyOperation,
  owner: { readonly uid: number; readonly gid: number } | undefined,
): readonly CopiedEntry[] | undefined {
  const { mode, asOnDisk, dest, into } = operation;
  const all: CopiedEntry[] = [];
  for (const source of operation.sources) {
    if (source.from === "stage" || source.found?.entries === undefined) return undefined;
    if (source.path.split("/").includes("**")) return undefined;
    const placeOf = placesOf(source.path, source.found, into);
    if (placeOf === undefined) return undefined;
    for (const entry of source.found.entries) {
      const place = placeOf(entry.path);
      if (place === "") continue;
      const path = dest === "/" ? `/${place}` : `${dest}/${place}`;
      if (entry.type === "symlink") {
        all.push({ path, fact: { kind: "symlink", target: entry.target ?? "" } });
      } else if (entry.type === "file") all.push({ path, fact: { kind: "file" } });
      else if (owner === undefined) all.push({ path, fact: { kind: "some-folder" } });
      else {
        const bits = asOnDisk ? entry.mode : modeAfter(mode, 0o755, true);
        all.push({ path, fact: { kind: "folder", mode: bits, ...owner, copied: true } });
      }
    }
  }
  return all;
}

/** Gives the place of an entry below the destination; undefined where a file may stand for the destination itself. */
function placesOf(
  pattern: string,
  { shape, matches }: FoundSource,
  into: boolean,
): ((path: string) => string) | undefined {
  if (shape === "folder") return (path) => path;
  if (shape === "file") return into ? () => baseName(`/${pattern.replace(/\\(.)/gs, "$1")}`) : undefined;
  if (matches === undefined || (!into && matches.some((match) => match.shape === "file"))) return undefined;
  const shapes = new Map(matches.map((match) => [`/${match.path === "." ? "" : match.path}`, match.shape]));
  return (path) => {
    const whole = `/${path === "." ? "" : path}`;
    if (shapes.get(whole) === "file") return baseName(whole);
    let top = whole;
    while (!shapes.has(top) && top !== "/") top = parentPath(top);
    return whole.slice(top === "/" ? 1 : top.length + 1);
  };
}

/** Notes what a copy put below its destination, which is a directory now. */
export function noteEntries(tree: KnownTree, entries: readonly CopiedEntry[]): void {
  for (const { path, fact } of entries) {
    if (fact.kind === "folder" || fact.kind === "some-folder") tree.setNewFolder(path, fact);
    else tree.set(path, fact);
  }
}
