import type { Origin } from "../errors/origin.js";
import { operationsOf, sourcesOf } from "../plan/assert-plan.js";
import type { Plan } from "../plan/plan.js";
import type { Dialect } from "./dialect.js";
import { FolderSources } from "./folder-sources.js";
import { GeneratedFiles } from "./generated-files.js";
import { IgnoreFile } from "./ignore-file.js";
import type { Instruction } from "./instruction.js";
import { Names } from "./names.js";
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
  /** The context that holds the generated files where the main one must not (a copy takes all of it). */
  readonly filesContext: string | undefined;

  constructor(plan: Plan, dialect: Dialect, filesFolder: string) {
    this.plan = plan;
    this.dialect = dialect;
    this.filesFolder = filesFolder;
    this.names = new Names([...Object.keys(plan.contexts), ...plan.stages.flatMap(imageNames)]);
    this.folders = new FolderSources(this);
    this.filesContext = takesWholeContext(plan) ? this.names.unique("generated-files") : undefined;
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

  warn(warning: DockerfileWarning): void {
    const known = this.warnings.some((one) => one.code === warning.code && one.message === warning.message);
    if (!known) this.warnings.push(warning);
  }
}

/** Every name by which a FROM of this plan could be meant. */
function imageNames(stage: Plan["stages"][number]): string[] {
  const { base } = stage;
  const reference =
    base.kind === "registry" || base.kind === "layout" || base.kind === "archive"
      ? base.reference
      : undefined;
  if (reference === undefined) return [];
  return [reference, reference.replace(/[:@].*$/, "")];
}

function takesWholeContext(plan: Plan): boolean {
  return plan.stages
    .flatMap((stage) => operationsOf(stage).flatMap(sourcesOf))
    .some((source) => source.from === "context" && source.context === undefined && source.path === ".");
}
