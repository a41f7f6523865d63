import { posix } from "node:path";
import { isLayerwrightError, PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import { Image } from "../../image/image.js";
import type { Platform } from "../../oci/platform.js";
import { addressPlan } from "../../plan/address.js";
import { DEFAULT_PATH } from "../../plan/config.js";
import { lower } from "../../plan/lower.js";
import type { CopyOperation, Operation } from "../../plan/operation.js";
import type { BaseFacts, Plan, PlanBase, Stage } from "../../plan/plan.js";

/** Tells whether a pattern of the main context matches anything. */
export type Matches = (pattern: string) => boolean;

/** The triggers that a base fires when an image starts from it. */
function triggersOf(base: PlanBase): readonly string[] {
  return "known" in base ? (base.known?.config.OnBuild ?? []) : [];
}

/**
 * Hides what is known of bases that fire triggers, for the passes: what the base holds is no longer what the first step
 * sees.
 */
export function withoutTriggered(plan: Plan): Plan {
  if (!plan.stages.some(({ base }) => triggersOf(base).length > 0)) return plan;
  const stages = plan.stages.map((stage) => {
    if (triggersOf(stage.base).length === 0 || !("known" in stage.base)) return stage;
    const { known: _, ...base } = stage.base;
    return { ...stage, base };
  });
  return { ...plan, stages };
}

/**
 * The plan with a stage for the triggers of each base that has some: a boundary that images then start from. A builder of
 * the Dockerfile carries the triggers out itself, where FROM names the base; the direct build carries out the stage.
 *
 * @param known the plan before the passes, with what is known of its bases
 * @param matches tells which patterns match nothing: COPY leaves these out
 * @throws {PlanError} BASE_ONBUILD
 */
export function expandTriggers(plan: Plan, known: Plan, matches: Matches): Plan {
  const factsOf = new Map<string, BaseFacts>();
  for (const { base } of known.stages) {
    if (triggersOf(base).length > 0 && "known" in base && base.known) factsOf.set(keyOf(base), base.known);
  }
  if (factsOf.size === 0) return plan;
  const made = new Map<string, string>();
  const stages: Stage[] = [];
  for (const stage of plan.stages) {
    const key = keyOf(stage.base);
    const facts = factsOf.get(key);
    if (facts === undefined) {
      stages.push(stage);
      continue;
    }
    let id = made.get(key);
    if (id === undefined) {
      id = `on-build-${made.size}`;
      made.set(key, id);
      stages.push(triggerStage(id, stage, facts, plan.platform, matches));
    }
    stages.push({ ...stage, base: { kind: "stage", stage: id } });
  }
  return addressPlan({ ...plan, stages });
}

function keyOf(base: PlanBase): string {
  const { known: _, ...place } = base as PlanBase & { known?: unknown };
  return JSON.stringify(place);
}

function triggerStage(
  id: string,
  { base, origin: written, layers }: Stage,
  facts: BaseFacts,
  platform: Platform,
  matches: Matches,
): Stage {
  const origin = written ?? layers[0]?.operations[0]?.origin;
  const name =
    "reference" in base && base.reference !== undefined ? base.reference : "path" in base ? base.path : "";
  const triggers = new Triggers(facts, name, origin, matches);
  for (const text of facts.config.OnBuild ?? []) triggers.carryOut(text);
  const [made] = lower(triggers.image.node, { platform }).stages;
  const config = made!.config.map(({ origin: _, ...change }) => ({ ...change, ...(origin && { origin }) }));
  return {
    id,
    base: { ...base, known: facts } as PlanBase,
    layers: made!.layers.map((layer) => ({
      ...layer,
      operations: layer.operations.flatMap(asBuilder).map(({ origin: _, ...operation }) => ({
        ...(operation as Operation),
        ...(origin && { origin }),
      })),
    })),
    config,
    squash: "keep",
    triggered: true,
    ...(written && { origin: written }),
  };
}

/**
 * A copy as builders of Dockerfiles carry it out: the permission bits of a context stay as they are, and the parents that
 * it makes get its owner.
 */
function asBuilder(operation: Operation): readonly Operation[] {
  if (operation.op !== "copy") return [operation];
  const { owner, dest, into } = operation;
  const copy: CopyOperation = { ...operation, asOnDisk: true };
  if (owner === undefined) return [copy];
  const parents: Operation[] = [];
  for (let at = into ? dest : posix.dirname(dest); at !== "/"; at = posix.dirname(at)) {
    parents.unshift({ op: "mkdir", path: at, mode: { octal: 0o755 }, ifMissing: true, owner });
  }
  return [...parents, copy];
}

/** The instructions of a base's triggers, as steps of an image. */
class Triggers {
  image: Image;
  readonly #base: string;
  readonly #origin: Origin | undefined;
  readonly #matches: Matches;
  readonly #variables = new Map<string, string>();
  /** Declared by ARG: commands see them, and the image does not keep them. */
  readonly #args = new Map<string, string>();
  #workdir: string;
  #shell: readonly string[];

  constructor({ config }: BaseFacts, base: string, origin: Origin | undefined, matches: Matches) {
    this.#base = base;
    this.#origin = origin;
    this.#matches = matches;
    this.image = Image.from("base");
    this.#workdir = config.WorkingDir || "/";
    this.#shell = config.Shell ?? ["/bin/sh", "-c"];
    if (config.Shell !== undefined) this.image = this.image.shell(config.Shell);
    this.#variables.set("PATH", DEFAULT_PATH);
    for (const line of config.Env ?? []) {
      const cut = line.indexOf("=");
      if (cut > 0) this.#variables.set(line.slice(0, cut), line.slice(cut + 1));
    }
  }

  carryOut(text: string): void {
    const [, word = "", rest = ""] = /^\s*([A-Za-z]+)\s*([\s\S]*?)\s*$/.exec(text) ?? [];
    try {
      this.#instruction(word.toUpperCase(), rest, text);
    } catch (error) {
      if (!isLayerwrightError(error) || error.code === "BASE_ONBUILD") throw error;
      this.#refuse(text, error.shortMessage);
    }
  }

  #refuse(trigger: string, reason: string): never {
    throw new PlanError(
      "BASE_ONBUILD",
      { base: this.#base, trigger, reason },
      { subject: this.#base, origin: this.#origin },
    );
  }

  #instruction(word: string, rest: string, text: string): void {
    if (rest.includes("<<")) this.#refuse(text, "it holds a here-document");
    switch (word) {
      case "RUN":
        this.#run(rest, text);
        return;
      case "COPY":
      case "ADD":
        this.#copy(word, rest, text);
        return;
      case "ARG":
        for (const one of this.#words(rest, text)) this.#declare(one, text);
        return;
      case "ENV":
        for (const [name, value] of this.#pairs(rest, text)) {
          this.image = this.image.env(name, value);
          this.#variables.set(name, value);
        }
        return;
      case "LABEL":
        for (const [name, value] of this.#pairs(rest, text)) this.image = this.image.label(name, value);
        return;
      case "WORKDIR":
        this.#workdir = posix.resolve(this.#workdir, this.#expand(rest, text));
        this.image = this.image.workdir(this.#workdir);
        return;
      case "USER":
        this.image = this.image.user(this.#expand(rest, text));
        return;
      case "EXPOSE":
        this.image = this.image.expose(...this.#words(rest, text));
        return;
      case "VOLUME":
        this.image = this.image.volume(...(jsonWords(rest) ?? this.#words(rest, text)));
        return;
      case "STOPSIGNAL":
        this.image = this.image.stopSignal(this.#expand(rest, text));
        return;
      case "SHELL":
        this.#shell = jsonWords(rest) ?? this.#refuse(text, "SHELL takes a JSON array");
        this.image = this.image.shell(this.#shell);
        return;
      case "CMD":
        this.image = this.image.cmd(jsonWords(rest) ?? [...this.#shell, rest]);
        return;
      case "ENTRYPOINT":
        this.image = this.image.entrypoint(jsonWords(rest) ?? [...this.#shell, rest]);
        return;
      default:
        this.#refuse(text, `${word || "it"} is no trigger that is carried out here`);
    }
  }

  #run(rest: string, text: string): void {
    if (rest.startsWith("--")) this.#refuse(text, "it has flags");
    const options = this.#args.size === 0 ? {} : { env: Object.fromEntries(this.#args) };
    this.image = this.image.run(jsonWords(rest) ?? rest, { ...options, keepLeftovers: true });
  }

  #copy(word: string, rest: string, text: string): void {
    const flags: Record<string, string> = {};
    let left = rest;
    for (let flag = FLAG.exec(left); flag !== null; flag = FLAG.exec(left)) {
      flags[flag[1] ?? ""] = this.#expand(flag[2] ?? "", text);
      left = left.slice(flag[0].length);
    }
    const { chown, chmod, link: _, ...others } = flags;
    const [other] = Object.keys(others);
    if (other !== undefined) this.#refuse(text, `it has the flag --${other}`);
    if (chmod !== undefined) this.#refuse(text, "it has the flag --chmod, which also reaches new parents");
    const words = (jsonWords(left) ?? splitWords(left)).map((one) => this.#expand(one, text));
    const dest = words.at(-1);
    const sources = words.slice(0, -1).map((source) => source.replace(/^\/+/, "") || ".");
    if (dest === undefined || sources.length === 0) this.#refuse(text, "it needs a source and a destination");
    if (word === "ADD" && sources.some((source) => /^(https?|git|ssh):|^git@/.test(source)))
      this.#refuse(text, "it fetches what no digest is known of");
    if (word === "ADD" && sources.some((source) => /\.(tar|tgz|tbz2?|txz|tar\.\w+)$|[*?[]/.test(source)))
      this.#refuse(text, "ADD may unpack what it copies");
    const place = posix.resolve(this.#workdir, dest);
    const target = /(^|\/)\.{0,2}$/.test(dest) && place !== "/" ? `${place}/` : place;
    // A pattern that matches nothing is left out, where another source matches.
    const matching = sources.filter((source) => !/[*?[]/.test(source) || this.#matches(source));
    if (matching.length === 0) this.#refuse(text, "nothing in the context matches its sources");
    const into = sources.length > 1 && !target.endsWith("/") ? `${target}/` : target;
    this.image = this.image.copy(matching, into, chown === undefined ? {} : { owner: chown });
  }

  #declare(one: string, text: string): void {
    const cut = one.indexOf("=");
    const name = cut < 0 ? one : one.slice(0, cut);
    if (/^(TARGET|BUILD)(PLATFORM|OS|ARCH|VARIANT)$/.test(name))
      this.#refuse(text, `the builder's own variable ${name} is not known here`);
    if (cut >= 0) this.#args.set(name, one.slice(cut + 1));
  }

  /** `NAME=value …`, or the old form `NAME value`. */
  #pairs(rest: string, text: string): readonly (readonly [string, string])[] {
    const old = /^([^\s=]+)\s+([\s\S]*)$/.exec(rest);
    if (old !== null) return [[old[1] ?? "", this.#expand(old[2] ?? "", text)]];
    return splitWords(rest).map((word) => {
      const cut = word.indexOf("=");
      return [this.#expand(word.slice(0, cut), text), this.#expand(word.slice(cut + 1), text)];
    });
  }

  #words(rest: string, text: string): string[] {
    return splitWords(rest).map((word) => this.#expand(word, text));
  }

  /** A word with its variables in place and its quotes gone; one that nobody set is empty. */
  #expand(word: string, text: string): string {
    let result = "";
    let quote = "";
    for (let at = 0; at < word.length; at++) {
      const char = word[at]!;
      if (char === "\\" && quote !== "'") result += word[++at] ?? "";
      else if (quote === "" && (char === "'" || char === '"')) quote = char;
      else if (char === quote) quote = "";
      else if (char === "$" && quote !== "'") {
        const found = VARIABLE.exec(word.slice(at));
        if (found === null) {
          this.#refuse(text, "a variable in it is of a form that is not expanded here");
        } else {
          const [whole, plain, braced, operator, other = ""] = found;
          const name = plain ?? braced ?? "";
          const value = this.#args.get(name) ?? this.#variables.get(name) ?? "";
          if (operator === ":-") result += value === "" ? other : value;
          else if (operator === ":+") result += value === "" ? "" : other;
          else result += value;
          at += whole.length - 1;
        }
      } else result += char;
    }
    return result;
  }
}

const FLAG = /^--([a-z]+)(?:=(\S*))?\s+/;
const VARIABLE = /^\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:[-+])([^${}]*))?\})/;

/** The words of a JSON array of strings; undefined where it is none. */
function jsonWords(text: string): string[] | undefined {
  if (!text.startsWith("[")) return undefined;
  try {
    const words = JSON.parse(text) as unknown;
    return Array.isArray(words) && words.every((word) => typeof word === "string") ? words : undefined;
  } catch {
    return undefined;
  }
}

/** Splits at blanks outside of quotes; quotes and escapes stay. */
function splitWords(text: string): string[] {
  return text.match(/(?:\\.|"(?:\\.|[^"\\])*"|'[^']*'|[^\s"'\\])+/gs) ?? [];
}
