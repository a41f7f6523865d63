import { baseName } from "../core/posix-path.js";
import type { Plan, PlanBase, Stage } from "../plan/plan.js";
import { operationsOf, sourcesOf, targetOf } from "../plan/plan.js";

/**
 * Hands out the names of stages and contexts: unique without regard to case, and never the name of an image that the
 * Dockerfile starts from, since `FROM name` prefers a stage.
 */
export class Names {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string>) {
    this.#taken = new Set([
      "scratch",
      "context",
      "dockerfile",
      ...[...taken].map((name) => name.toLowerCase()),
    ]);
  }

  /** `want` itself if it is free, else with the first free number. */
  unique(want: string): string {
    let name = want;
    for (let number = 2; this.#taken.has(name); number++) name = `${want}-${number}`;
    this.#taken.add(name);
    return name;
  }

  /**
   * The first of `want`, `want-2` ... that is free with each of the endings, as in `want-ending`; they are taken then.
   */
  family(want: string, endings: readonly string[]): string {
    let stem = want;
    const free = () => endings.every((ending) => !this.#taken.has(`${stem}-${ending}`));
    for (let number = 2; !free(); number++) stem = `${want}-${number}`;
    for (const ending of endings) this.#taken.add(`${stem}-${ending}`);
    return stem;
  }
}

/** The name of the last stage, where its image has none. */
const FINAL = "image";

/**
 * A text as the name of a stage: lower case, a letter first, then letters, digits, `-`, `_` and `.`; empty where
 * nothing of the text can stay.
 */
function stageName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_.-]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .replace(/[^a-z0-9]+$/, "");
}

/**
 * The name that each stage of a plan should have, by its id: the user's, else what it starts from, else what other
 * stages copy out of it.
 */
export function wantedNames(plan: Plan): ReadonlyMap<string, string> {
  const wanted = new Map<string, string>();
  const final = plan.stages.at(-1);
  for (const stage of plan.stages) {
    const { base } = stage;
    const image = referenceHint(base);
    // A reference without a tag takes the name for itself.
    const free = "reference" in base && image !== base.reference ? image : "";
    const found = stage === final ? FINAL : free || contentHint(plan, stage);
    const parent = base.kind === "stage" ? wanted.get(base.stage) : "path" in base ? pathHint(base.path) : "";
    wanted.set(stage.id, stageName(stage.name ?? "") || found || image || parent || ownHint(stage) || "base");
  }
  return wanted;
}

/**
 * The last part of the image that a stage starts from, without its tag: `golang` of `docker.io/library/golang:1.24`.
 */
function referenceHint(base: PlanBase): string {
  if (!("reference" in base) || base.reference === undefined) return "";
  return stageName(baseName(`/${base.reference.replace(/@.*$/, "")}`).replace(/:.*$/, ""));
}

/** The name of the context that a layout on disk is given as. */
export function layoutName(path: string): string {
  const hint = pathHint(path);
  return hint === "" ? "base-layout" : hint.endsWith("layout") ? hint : `${hint}-layout`;
}

/** The last name of a path, without the ending of an archive. */
function pathHint(path: string): string {
  return stageName(baseName(`/${path.replace(/\/+$/, "")}`).replace(/\.(tar|tgz|tar\.\w+)$/i, ""));
}

/** The last name of the first path that another stage takes out of this one. */
function contentHint(plan: Plan, stage: Stage): string {
  for (const source of plan.stages.flatMap(operationsOf).flatMap(sourcesOf)) {
    if (source.from !== "stage" || source.stage !== stage.id) continue;
    const hint = pathHint(source.path);
    if (hint !== "") return hint;
  }
  return "";
}

/** The last name of the first path that a stage writes. */
function ownHint(stage: Stage): string {
  const [path] = operationsOf(stage).flatMap((operation) => targetOf(operation) ?? []);
  return path === undefined ? "" : pathHint(path);
}

/** The name of a side stage that holds what one directory or file of the image gets. */
export function filesName(path: string, stage: string): string {
  const hint = stageName(baseName(path));
  return hint === "" ? `${stage}-files` : hint.endsWith("files") ? hint : `${hint}-files`;
}
