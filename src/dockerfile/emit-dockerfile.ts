import { PlanError } from "../errors/layerwright-error.js";
import type { Plan } from "../plan/plan.js";
import { type DialectName, dialectOf, type FrontendVersion } from "./dialect.js";
import { type DockerfileWarning, Emission } from "./emission.js";
import { emitStage } from "./emit-stage.js";
import type { GeneratedFile } from "./generated-files.js";
import type { Instruction } from "./instruction.js";
import { printInstruction } from "./print-instruction.js";
import { commentLine, isOneLine } from "./quoting.js";

/** How a Dockerfile is written. */
export interface DockerfileOptions {
  /** @default - "buildkit" */
  readonly dialect?: DialectName;
  /** The oldest BuildKit front end that has to read it. @default - "1.4", Docker 23 */
  readonly frontend?: FrontendVersion;
  /** A front end image for a `# syntax=` line. @default - none, so that no registry is needed */
  readonly syntax?: string;
  /** The folder of generated files, relative to the context. @default - "layerwright.out/files" */
  readonly filesFolder?: string;
  /** Whether comments say where each layer was written. @default - true */
  readonly header?: boolean;
  /** The user's own `.dockerignore`, whose rules the new ignore file repeats. */
  readonly userIgnore?: string;
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
  /** What the text calls the stages of each plan that it was written from, by their ids. */
  readonly stageNames: readonly ReadonlyMap<string, string>[];
}

/** The first line: a comment that is no directive, so that nothing after it can be one. */
const FIRST_LINE = "# Made by layerwright. Do not edit: change the description instead.\n";

/**
 * Writes a plan as a Dockerfile. Pure: the same plan gives the same text, and nothing is looked at.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE, DIALECT_CANNOT, FRONTEND_TOO_OLD, FOLDERS_UNKNOWN, LAYER_MIXED, NO_TOOL,
 *   BASE_CONFIG_UNKNOWN, BASE_NO_CONTEXT, BASE_ONBUILD, OWNER_UNRESOLVED, USER_UNRESTORABLE
 */
export function emitDockerfile(plan: Plan, options: DockerfileOptions = {}): EmittedDockerfile {
  return emitSections(plan, options, (emission) => {
    for (const [index, stage] of plan.stages.entries()) {
      const final = index === plan.stages.length - 1;
      emitStage(emission, stage, final ? emission.names.unique("image") : emission.names.numbered("stage"));
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
  const emission = new Emission(plan, dialect, filesFolder);
  emitStages(emission);
  const folders = emission.folders.section();
  const variables = emission.variables.map((name) => ({ kind: "arg", name }) as const);
  const sections = [
    ...(variables.length === 0 ? [] : [{ name: "", instructions: variables }]),
    ...(folders === undefined ? [] : [folders]),
    ...emission.sections,
  ];
  const comments = options.header !== false;
  const body = sections.map(({ instructions }) =>
    instructions
      .filter((instruction) => comments || instruction.kind !== "comment")
      .map(printInstruction)
      .join(""),
  );
  return {
    text: `${syntaxLine(options.syntax)}${FIRST_LINE}\n${firstDescription(sections)}${body.join("\n")}`,
    ignore: emission.ignore.text(
      options.userIgnore ?? "",
      filesFolder.split("/")[0] ?? filesFolder,
      dialect.frontend,
    ),
    files: emission.files.list(),
    contexts: [...emission.contexts].map(([name, value]) => ({ name, value })),
    warnings: emission.warnings,
    stageNames: [new Map([...emission.stages].map(([id, { name }]) => [id, name]))],
  };
}

/**
 * BuildKit takes the last comment before a stage or an ARG for its description, also over an empty line, and its checks
 * want that to begin with the name. So the first line of the file is none.
 */
function firstDescription(sections: readonly { readonly instructions: readonly Instruction[] }[]): string {
  const first = sections[0]?.instructions.find(({ kind }) => kind !== "comment");
  if (first?.kind !== "from" && first?.kind !== "arg") return "";
  return `${commentLine(`${first.kind === "from" ? first.as : first.name} comes first`)}\n`;
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
