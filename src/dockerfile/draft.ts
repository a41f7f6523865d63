import type { Origin } from "../errors/origin.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import type { PlanContextSource } from "../plan/operation.js";
import { type BaseFacts, operationsOf, type Plan, sourcesOf } from "../plan/plan.js";
import { GeneratedFiles, IgnoreFile, overlaps } from "./generated-files.js";
import type { Dialect, Instruction } from "./instruction.js";
import { KnownTree } from "./known-tree.js";
import { filesName, layoutName, Names } from "./names.js";
import { literalPattern } from "./quoting.js";

/** Something the Dockerfile does not carry, or that its builder has to be new enough for. */
export interface DockerfileWarning {
  readonly code: "ANNOTATIONS_LEFT_OUT" | "NEEDS_FRONTEND";
  readonly message: string;
  readonly origin?: Origin;
}

/** A finished stage of the text. */
interface Section {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** The state that all stages of one Dockerfile share while it is written. */
export class Emission {
  readonly plan: Plan;
  readonly dialect: Dialect;
  /** The directory of generated files, relative to the context; also their `COPY` prefix. */
  readonly filesFolder: string;
  readonly names: Names;
  readonly files = new GeneratedFiles();
  readonly ignore = new IgnoreFile();
  readonly folders: FolderSources;
  readonly sections: Section[] = [];
  /** Variables that are declared before the first stage. */
  readonly variables: string[] = [];
  readonly warnings: DockerfileWarning[] = [];
  /** Named contexts that the build command passes. */
  readonly contexts = new Map<string, string>();
  /** The draft that each stage of the plan ended in, by its id. */
  readonly stages = new Map<string, StageDraft>();
  /** The names of contexts for layouts on disk, by what is given; taken before any stage has a name. */
  readonly #layouts = new Map<string, string>();
  /** The context that holds the generated files where the main one must not (a copy could take them). */
  readonly filesContext: string | undefined;
  readonly #hasUserRules: boolean;

  constructor(plan: Plan, dialect: Dialect, filesFolder: string, userIgnore = "") {
    this.plan = plan;
    this.#hasUserRules = userIgnore.trim() !== "";
    this.dialect = dialect;
    this.filesFolder = filesFolder;
    this.names = new Names([...Object.keys(plan.contexts), ...plan.stages.flatMap(imageNames)]);
    for (const { base } of plan.stages) {
      if (base.kind !== "layout" || base.reference !== undefined) continue;
      const value = layoutContext(base);
      if (!this.#layouts.has(value)) this.#layouts.set(value, this.names.unique(layoutName(base.path)));
    }
    this.folders = new FolderSources(this);
    this.filesContext = readsInto(plan, filesFolder) ? this.names.unique("generated-files") : undefined;
  }

  /** The named context that a layout on disk is given as; its name is noted for the build command. */
  layoutContext(base: LayoutPlace): string {
    const value = layoutContext(base);
    const name = this.#layouts.get(value) ?? this.names.unique(layoutName(base.path));
    this.#layouts.set(value, name);
    this.contexts.set(name, value);
    return name;
  }

  /** The source of a generated file in a copy: its context, if it is not the main one, and its path. */
  generatedSource(path: string): { readonly from?: string; readonly path: string } {
    if (this.filesContext !== undefined) {
      this.contexts.set(this.filesContext, this.filesFolder);
      return { from: this.filesContext, path };
    }
    const full = `${this.filesFolder}/${path}`;
    this.ignore.generated(full);
    return { path: full };
  }

  /**
   * True when the ignore file can leave out what a copy excludes: nothing else may read there, and patterns with `!`
   * could bring back what the user's own rules hide.
   */
  canIgnore({ context, path }: PlanContextSource, exclude: readonly string[]): boolean {
    if (context !== undefined) return false;
    if (this.#hasUserRules && exclude.some((pattern) => pattern.trim().startsWith("!"))) return false;
    const same = (other: readonly string[] | undefined) => other?.join("\n") === exclude.join("\n");
    return this.plan.stages.flatMap(operationsOf).every((operation) => {
      const others = operation.op === "copy" ? operation.exclude : undefined;
      return sourcesOf(operation).every((source) => {
        if (source.from === "stage" || source.context !== undefined) return true;
        const { found } = source;
        if (source.path === path && same(others)) return true;
        const read = [source.path, ...(found?.through ?? []).map(literalPattern)];
        return read.every((one) => !overlaps(one, path));
      });
    });
  }

  warn(warning: DockerfileWarning): void {
    const known = this.warnings.some((one) => one.code === warning.code && one.message === warning.message);
    if (!known) this.warnings.push(warning);
  }
}

/** An OCI layout on disk, and which of its images. */
interface LayoutPlace {
  readonly path: string;
  readonly tag?: string;
}

function layoutContext({ path, tag }: LayoutPlace): string {
  return `oci-layout://${path}${tag === undefined ? "" : `:${tag}`}`;
}

/**
 * The names of stages and contexts that would take the place of what a stage starts from: BuildKit looks for a stage of
 * exactly the name in FROM, and for a context of its short form, in which `latest` is left out.
 */
function imageNames({ base }: Plan["stages"][number]): string[] {
  const reference =
    base.kind === "registry" || base.kind === "layout" || base.kind === "archive"
      ? base.reference
      : undefined;
  if (reference === undefined) return [];
  const short = reference
    .replace(/^((index\.)?docker\.io\/)?(library\/)?/, "")
    .replace(/(:latest)?(@.*)?$/, "");
  return [reference, short];
}

/** True when a copy reads, or its pattern could, what is in a directory of the main context. */
function readsInto(plan: Plan, folder: string): boolean {
  return plan.stages
    .flatMap((stage) => operationsOf(stage).flatMap(sourcesOf))
    .some((source) => {
      if (source.from !== "context" || source.context !== undefined) return false;
      return [source.path, ...(source.found?.through ?? []).map(literalPattern)].some((path) => {
        return path === "." || overlaps(path, folder);
      });
    });
}

/** The known settings of the instructions so far. */
interface StageConfig {
  readonly env: Map<string, string>;
  workdir: string | undefined;
  user: string | undefined;
  shell: readonly string[] | undefined;
}

/** A place in the writing of a stage. */
interface StageMark {
  readonly instructions: Instruction[];
  readonly length: number;
  readonly sections: number;
  readonly tree: KnownTree;
  readonly accounts: Accounts;
  readonly config: StageConfig;
}

/** A stage of the Dockerfile while it is written. */
export class StageDraft {
  readonly emission: Emission;
  /** The stage of the plan that this one serves; a prep stage names the one it is for. */
  readonly real: StageDraft;
  /** The base's name in messages. */
  readonly baseLabel: string;
  tree: KnownTree;
  accounts: Accounts;
  config: StageConfig = { env: new Map(), workdir: undefined, user: undefined, shell: undefined };
  /** The inherited value to restore after a step that sets its own. */
  inheritedShell: readonly string[] | undefined;
  inheritedUser: string | undefined;
  inheritedWorkdir: string | undefined;
  /** The base's own config, where it is known. */
  baseConfig: RuntimeConfig | undefined;
  /** The whole config that the stage starts with, and once it is finished the one that it ends with. */
  fullConfig: RuntimeConfig | undefined;
  /** True when a command has run in a POSIX shell here, so that the image must have one. */
  shellSeen = false;
  /** True when a command has run here or below, so that nothing but what came later is known. */
  commandSeen = false;
  #fromNothing = false;
  readonly #name: string;
  #instructions: Instruction[];

  constructor(emission: Emission, name: string, from: string, baseLabel: string, real?: StageDraft) {
    this.emission = emission;
    this.#name = name;
    this.baseLabel = baseLabel;
    this.real = real ?? this;
    this.tree = KnownTree.empty();
    this.accounts = Accounts.none();
    this.#instructions = [{ kind: "from", base: from, as: name }];
  }

  get name(): string {
    return this.#name;
  }

  /** True when the stage only lays files out for another one. */
  get isPrep(): boolean {
    return this.real !== this;
  }

  /** True when `--chown` can name accounts here; a prep stage from scratch has those alone that it brings. */
  get canName(): boolean {
    return !this.#fromNothing || this.tree.at("/etc/passwd").kind === "file";
  }

  add(instruction: Instruction): void {
    this.#instructions.push(instruction);
  }

  /** Adds a comment on the instructions that follow, unless it is empty or the same as the last one. */
  comment(text: string): void {
    const last = this.#instructions.findLast((one) => one.kind === "comment");
    if (text !== "" && last?.text !== text) this.add({ kind: "comment", text });
  }

  /** Ends the stage. */
  finish(): void {
    this.emission.sections.push({ name: this.#name, instructions: this.#instructions });
  }

  /** The name of the stage as it is now; what follows goes on from it in a new section. */
  split(): string {
    const [from] = this.#instructions;
    const empty = this.#instructions.every((one, index) => index === 0 || one.kind === "comment");
    if (empty && from?.kind === "from" && from.base !== "scratch") return from.base;
    // What is written next keeps its comment, and the last section the name that the stage was given.
    const last = this.#instructions.findLastIndex((one) => one.kind !== "comment") + 1;
    const comments = this.#instructions.slice(last);
    const rest = this.#instructions.slice(1, last);
    const before = this.emission.names.unique(`${this.#name}-base`);
    if (from?.kind !== "from") throw new TypeError("a stage begins with FROM");
    this.emission.sections.push({ name: before, instructions: [{ ...from, as: before }, ...rest] });
    this.#instructions = [{ kind: "from", base: before, as: this.#name }, ...comments];
    return before;
  }

  /** A place to go back to when what is being written turns out not to work. */
  mark(): StageMark {
    return {
      instructions: this.#instructions,
      length: this.#instructions.length,
      sections: this.emission.sections.length,
      tree: this.tree.clone(),
      accounts: this.accounts.clone(),
      config: { ...this.config, env: new Map(this.config.env) },
    };
  }

  /** Goes back to a place. */
  rewind(mark: StageMark): void {
    this.#instructions = mark.instructions.slice(0, mark.length);
    this.emission.sections.length = mark.sections;
    this.tree = mark.tree;
    this.accounts = mark.accounts;
    this.config = mark.config;
  }

  /** A stage from scratch whose tree becomes one layer of this one, at a path. */
  prep(path: string): StageDraft {
    const name = this.emission.names.unique(filesName(path, this.real.name));
    const draft = new StageDraft(this.emission, name, "scratch", "scratch", this.real);
    draft.#fromNothing = true;
    return draft;
  }

  /** A stage on the real stage as it is now, where owners can be named, for what is laid out at a path. */
  withAccounts(path: string): StageDraft {
    const from = this.real.split();
    const name = this.emission.names.unique(filesName(path, this.real.name));
    const draft = new StageDraft(this.emission, name, from, this.baseLabel, this.real);
    draft.tree = this.real.tree.clone();
    draft.accounts = this.real.accounts.clone();
    return draft;
  }
}

/** The source of an empty directory: a directory that holds nothing else. */
interface FolderSource {
  readonly from?: string;
  readonly path: string;
}

/**
 * Empty directories to copy from. A directory gets any mode and owner when it is copied inside of its parent; copied by
 * itself it would only be a new destination, whose mode differs between BuildKit's versions (measured). BuildKit
 * takes them from a stage that WORKDIR makes; buildah's WORKDIR makes nothing there, so classic has them on disk.
 */
class FolderSources {
  readonly #emission: Emission;
  readonly #numbers = new Map<string, number>();
  #stage: string | undefined;

  constructor(emission: Emission) {
    this.#emission = emission;
  }

  /** The directory that holds just an empty directory of this name. */
  holding(name: string): FolderSource {
    const emission = this.#emission;
    // WORKDIR would expand or trim a name that is not plain.
    if (!emission.dialect.workdirMakesFolder || !/^[A-Za-z0-9_.@+-]+$/.test(name)) {
      return emission.generatedSource(emission.files.folder(name));
    }
    this.#stage ??= emission.names.unique("directories");
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(name, number);
    }
    return { from: this.#stage, path: `/${number}` };
  }

  /** The stage that makes them, if there is need for it. */
  section(): Section | undefined {
    if (this.#stage === undefined) return undefined;
    const instructions: Instruction[] = [{ kind: "from", base: "scratch", as: this.#stage }];
    for (const [name, number] of this.#numbers)
      instructions.push({ kind: "workdir", value: `/${number}/${name}` });
    return { name: this.#stage, instructions };
  }
}

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The users and groups that are known while a Dockerfile is written: the base's as far as the plan names them, and
 * those of an `/etc/passwd` that the description itself writes. After a command nothing is sure.
 */
export class Accounts {
  #users: ReadonlyMap<string, Ids> | undefined;
  #groups: ReadonlyMap<string, number> | undefined;

  constructor(users: ReadonlyMap<string, Ids> | undefined, groups: ReadonlyMap<string, number> | undefined) {
    this.#users = users;
    this.#groups = groups;
  }

  static ofBase(known: BaseFacts | undefined): Accounts {
    if (known === undefined || known.configOnly === true) return new Accounts(undefined, undefined);
    return new Accounts(new Map(Object.entries(known.users)), new Map(Object.entries(known.groups)));
  }

  static none(): Accounts {
    return new Accounts(new Map(), new Map());
  }

  clone(): Accounts {
    return new Accounts(this.#users, this.#groups);
  }

  user(name: string): Ids | "absent" | "unknown" {
    return this.#users === undefined ? "unknown" : (this.#users.get(name) ?? "absent");
  }

  group(name: string): number | "absent" | "unknown" {
    return this.#groups === undefined ? "unknown" : (this.#groups.get(name) ?? "absent");
  }

  /** The names that are known of users or groups. */
  names(kind: "user" | "group"): readonly string[] {
    return [...((kind === "user" ? this.#users : this.#groups)?.keys() ?? [])];
  }

  forget(): void {
    this.#users = undefined;
    this.#groups = undefined;
  }

  /** Notes that a file was written; `text` undefined where the description does not hold it. */
  wrote(path: string, text: string | undefined): void {
    if (path === "/etc/passwd") this.#users = text === undefined ? undefined : readUsers(text);
    if (path === "/etc/group") this.#groups = text === undefined ? undefined : readGroups(text);
  }
}

function readUsers(text: string): ReadonlyMap<string, Ids> {
  const users = new Map<string, Ids>();
  for (const [name = "", , uid = "", gid = ""] of fieldsOf(text)) {
    if (/^\d+$/.test(uid) && /^\d+$/.test(gid) && !users.has(name)) {
      users.set(name, { uid: Number(uid), gid: Number(gid) });
    }
  }
  return users;
}

function readGroups(text: string): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const [name = "", , gid = ""] of fieldsOf(text)) {
    if (/^\d+$/.test(gid) && !groups.has(name)) groups.set(name, Number(gid));
  }
  return groups;
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").map((line) => line.trim().split(":"));
}
