import type { Origin } from "../errors/origin.js";
import type { PlanContextSource } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import { operationsOf, sourcesOf } from "../plan/plan.js";
import type { Dialect } from "./dialect.js";
import { FolderSources } from "./folder-sources.js";
import { GeneratedFiles } from "./generated-files.js";
import { IgnoreFile, overlaps } from "./ignore-file.js";
import type { Instruction } from "./instruction.js";
import { layoutName, Names } from "./names.js";
import { literalPattern } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";

/** Something the Dockerfile does not carry, or that its builder has to be new enough for. */
export interface DockerfileWarning {
  readonly code: "ANNOTATIONS_LEFT_OUT" | "NEEDS_FRONTEND";
  readonly message: string;
  readonly origin?: Origin;
}

/** A finished stage of the text. */
export interface Section {
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** What all stages of one Dockerfile share while it is written. */
export class Emission {
  readonly plan: Plan;
  readonly dialect: Dialect;
  /** Where generated files are, relative to the context; also their `COPY` prefix. */
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

  /** How a copy names a generated file: its context, if it is not the main one, and its path. */
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
   * True when the ignore file can leave out what a copy excludes: nothing else may read there, and patterns with `!` could
   * bring back what the user's own rules hide.
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

/** True when a copy reads, or its pattern could, what is in a folder of the main context. */
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
