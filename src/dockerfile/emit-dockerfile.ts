import { PlanError } from "../errors/layerwright-error.js";
import type { Plan } from "../plan/plan.js";
import { operationsOf } from "../plan/plan.js";
import { type DockerfileWarning, Emission } from "./draft.js";
import { emitStage } from "./emit-stage.js";
import type { GeneratedFile } from "./generated-files.js";
import type { Instruction } from "./instruction.js";
import { type DialectName, dialectOf, type FrontendVersion, printInstruction } from "./instruction.js";
import { wantedNames } from "./names.js";
import { commentLine, isOneLine } from "./quoting.js";

/** Options of `emitDockerfile`. */
export interface DockerfileOptions {
  /** @default - "buildkit" */
  readonly dialect?: DialectName;
  /** The oldest BuildKit front end that has to read it. @default - "1.4", Docker 23 */
  readonly frontend?: FrontendVersion;
  /** A front end image for a `# syntax=` line. @default - none, so that no registry is needed */
  readonly syntax?: string;
  /** The directory of generated files, relative to the context. @default - "layerwright.out/files" */
  readonly filesFolder?: string;
  /** True when there are comments: the first line, and where each layer was written. @default - true */
  readonly comments?: boolean;
  /** The user's own `.dockerignore`, whose rules the new ignore file repeats. */
  readonly userIgnore?: string;
  /**
   * Ignore patterns of what builds and syntheses wrote into the context, beside their own directory. @default - none
   */
  readonly outputs?: readonly string[];
}

/** A Dockerfile and all that has to lie beside it. */
export interface EmittedDockerfile {
  readonly text: string;
  /** The text of `<Dockerfile>.dockerignore`. */
  readonly ignore: string;
  readonly files: readonly GeneratedFile[];
  /** Named build contexts that the build command has to pass, by name. */
  readonly contexts: readonly { readonly name: string; readonly value: string }[];
  readonly warnings: readonly DockerfileWarning[];
  /** The names in the text of each plan's stages, by their ids. */
  readonly stageNames: readonly ReadonlyMap<string, string>[];
}

/**
 * Writes a plan as a Dockerfile. Pure: the same plan gives the same text, and nothing is looked at.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE, DIALECT_CANNOT, FRONTEND_TOO_OLD, FOLDERS_UNKNOWN, LAYER_MIXED, NO_TOOL,
 *   BASE_CONFIG_UNKNOWN, BASE_NO_CONTEXT, BASE_ONBUILD, OWNER_UNKNOWN, USER_UNRESTORABLE
 */
export function emitDockerfile(plan: Plan, options: DockerfileOptions = {}): EmittedDockerfile {
  return emitSections(plan, options, (emission) => {
    const wanted = wantedNames(plan);
    // The image comes first, so that no other stage takes its name.
    const final = plan.stages.at(-1)!;
    const image = emission.names.unique(wanted.get(final.id)!);
    for (const stage of plan.stages) {
      const isImage = stage === final;
      emitStage(emission, stage, isImage ? image : emission.names.unique(wanted.get(stage.id)!), isImage);
    }
  });
}

/** Writes what `emitStages` makes of the stages of a plan, with all that goes around it. */
export function emitSections(
  plan: Plan,
  options: DockerfileOptions,
  emitStages: (emission: Emission) => void,
): EmittedDockerfile {
  const dialect = dialectOf(options.dialect, options.frontend);
  const filesFolder = options.filesFolder ?? "layerwright.out/files";
  const emission = new Emission(plan, dialect, filesFolder, options.userIgnore);
  emitStages(emission);
  const folders = emission.folders.section();
  const variables = emission.variables.map((name) => ({ kind: "arg", name }) as const);
  const sections = [
    ...(variables.length === 0 ? [] : [{ name: "", instructions: variables }]),
    ...(folders === undefined ? [] : [folders]),
    ...emission.sections,
  ];
  const comments = options.comments !== false;
  const body = sections.map(({ instructions }) =>
    instructions
      .filter(
        (instruction, index) =>
          instruction.kind !== "comment" || (comments && saysSomething(instructions, index)),
      )
      .map(printInstruction)
      .join(""),
  );
  const head = comments ? `${firstLine(plan)}\n` : "";
  return {
    text: `${syntaxLine(options.syntax)}${head}${body.join("\n")}`,
    ignore: emission.ignore.text(
      options.userIgnore ?? "",
      outputsOf(filesFolder, options.outputs),
      dialect.frontend,
    ),
    files: emission.files.list(),
    contexts: [...emission.contexts].map(([name, value]) => ({ name, value })),
    warnings: emission.warnings,
    stageNames: [new Map([...emission.stages].map(([id, { name }]) => [id, name]))],
  };
}

/**
 * Paths that are written into the context: the directory of the generated files, by default in that of everything else.
 */
function outputsOf(filesFolder: string, others: readonly string[] = []): string[] {
  const cut = filesFolder.lastIndexOf("/");
  return [...new Set([DEFAULT_OUTPUT, cut < 0 ? filesFolder : filesFolder.slice(0, cut), ...others])];
}

const DEFAULT_OUTPUT = "layerwright.out";

/**
 * The first line: a comment that is no directive, so that nothing after it can be one. BuildKit takes the last comment
 * before a stage for its description, also over an empty line, and its checks want that to begin with the name; an
 * empty comment is none.
 */
function firstLine(plan: Plan): string {
  const file = operationsOf(plan.stages.at(-1)!).find(({ origin }) => origin !== undefined)?.origin?.file;
  return `${commentLine(`Generated by layerwright${file === undefined ? "" : ` from ${file}`}. Do not edit.`)}\n#\n`;
}

/** True when a comment is about an instruction: a layer that changes nothing has none. */
function saysSomething(instructions: readonly Instruction[], index: number): boolean {
  const next = instructions[index + 1];
  return next !== undefined && next.kind !== "comment";
}

function syntaxLine(syntax: string | undefined): string {
  if (syntax === undefined) return "";
  if (!isOneLine(syntax) || !/^[\x21-\x7e]+$/.test(syntax)) {
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: "syntax", reason: "is not one word of plain characters" },
      { subject: syntax },
    );
  }
  return `# syntax=${syntax}\n`;
}
