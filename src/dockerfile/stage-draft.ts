import type { RuntimeConfig } from "../oci/image-config.js";
import { Accounts } from "./accounts.js";
import type { Emission } from "./emission.js";
import type { Instruction } from "./instruction.js";
import { KnownTree } from "./known-tree.js";
import { filesName } from "./names.js";

/** What instructions so far have set, in so far as it is known. */
export interface StageConfig {
  readonly env: Map<string, string>;
  workdir: string | undefined;
  user: string | undefined;
  shell: readonly string[] | undefined;
}

/** A place in the writing of a stage. */
export interface StageMark {
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
  /** How messages call what the stage starts from. */
  readonly baseLabel: string;
  tree: KnownTree;
  accounts: Accounts;
  config: StageConfig = { env: new Map(), workdir: undefined, user: undefined, shell: undefined };
  /** What a step that sets it for itself alone has to be taken back to, where a stage below set it. */
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

  /** Says something of the instructions that follow, unless that is empty or what was said last. */
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
