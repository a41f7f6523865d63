import { type ParsedInstruction, parseStrictly } from "./strict-parser.js";

/** A Dockerfile as the rules look at it. */
export interface Linted {
  readonly text: string;
  readonly instructions: readonly ParsedInstruction[];
  /** The instructions of each stage, its FROM first. */
  readonly stages: readonly (readonly ParsedInstruction[])[];
  readonly commands: readonly LintedCommand[];
}

/** One RUN, as the shell gets it. */
export interface LintedCommand {
  readonly shell: string;
  /** Targets of its cache mounts. */
  readonly caches: readonly string[];
}

/** What a rule says of a Dockerfile: nothing, or the places that break it. */
export type LintRule = (file: Linted) => readonly string[];

export function linted(text: string): Linted {
  const instructions = parseStrictly(text);
  const stages: ParsedInstruction[][] = [];
  for (const instruction of instructions) {
    if (instruction.keyword === "FROM") stages.push([instruction]);
    else stages.at(-1)?.push(instruction);
  }
  const commands = instructions.filter(({ keyword }) => keyword === "RUN").map(commandOf);
  return { text, instructions, stages, commands };
}

function commandOf({ flags, rest, heredocs }: ParsedInstruction): LintedCommand {
  const caches = flags.flatMap((flag) =>
    /type=cache/.test(flag) ? [/target=([^,]+)/.exec(flag)?.[1] ?? ""] : [],
  );
  if (heredocs.length > 0) return { shell: heredocs.map(({ body }) => body).join("\n"), caches };
  const words = rest.startsWith("[") ? (JSON.parse(rest) as string[]) : [rest];
  return { shell: words.length === 3 && words[1] === "-c" ? words[2]! : words.join(" "), caches };
}

/** Commands that match, and neither hold what is asked of them nor have a cache mount for it. */
const commandsWithout =
  (what: RegExp, asked: RegExp, mounted?: RegExp): LintRule =>
  ({ commands }) =>
    commands
      .filter(({ shell }) => what.test(shell) && !asked.test(shell))
      .filter(({ caches }) => mounted === undefined || !caches.some((target) => mounted.test(target)))
      .map(({ shell }) => shell);

const each =
  (keyword: string, wrong: (instruction: ParsedInstruction) => boolean): LintRule =>
  ({ instructions }) =>
    instructions
      .filter((one) => one.keyword === keyword && wrong(one))
      .map(({ flags, rest }) => [keyword, ...flags, rest].join(" "));

const inEachStage =
  (keyword: string): LintRule =>
  ({ stages }) =>
    stages
      .flatMap((stage) => stage.filter((one) => one.keyword === keyword).slice(1))
      .map(({ rest }) => rest);

const aliasOf = (from: ParsedInstruction): string | undefined => / AS (\S+)$/i.exec(from.rest)?.[1];
const isJson = ({ rest }: ParsedInstruction): boolean => rest.trimStart().startsWith("[");
const lastWord = (rest: string): string => rest.trim().split(/\s+/).at(-1) ?? "";

/** The last argument of a COPY or ADD: its destination. */
function destination(instruction: ParsedInstruction): string {
  return isJson(instruction)
    ? (JSON.parse(instruction.rest) as string[]).at(-1)!
    : lastWord(instruction.rest);
}

/** Rules of hadolint about size and caches, then those about structure; each is a rule of ours by construction. */
export const hadolintRules: Readonly<Record<string, LintRule>> = {
  // apt's lists stay
  DL3009: commandsWithout(/\bapt(-get)?\s+update\b/, /\/var\/lib\/apt\/lists/, /\/var\/lib\/apt/),
  DL3014: commandsWithout(
    /\bapt(-get)?\s[^;&|]*\binstall\b/,
    /\bapt(-get)?\s[^;&|]*(-\w*y|-qq|--yes|--assume-yes)\b/,
  ),
  DL3015: commandsWithout(/\bapt(-get)?\s[^;&|]*\binstall\b/, /--no-install-recommends/),
  DL3027: commandsWithout(/\bapt\s+(-\S+\s+)*(install|update|upgrade)\b/, /^\b$/),
  DL3030: commandsWithout(/\byum\s[^;&|]*\binstall\b/, /\byum\s[^;&|]*(-\w*y|--assumeyes)\b/),
  DL3034: commandsWithout(
    /\bzypper\s[^;&|]*\b(install|in)\b/,
    /\bzypper\s[^;&|]*(-n|--non-interactive|-y)\b/,
  ),
  DL3038: commandsWithout(/\bdnf\s[^;&|]*\binstall\b/, /\bdnf\s[^;&|]*(-\w*y|--assumeyes)\b/),
  DL3019: commandsWithout(/\bapk\s+add\b/, /--no-cache|\/var\/cache\/apk/, /\/(var\/cache|etc)\/apk/),
  DL3032: commandsWithout(
    /\byum\s+(-\S+\s+)*install\b/,
    /yum\s+clean\s+all|\/var\/cache\/(yum|dnf)/,
    /\/var\/cache/,
  ),
  DL3036: commandsWithout(/\bzypper\s+(-\S+\s+)*(install|in)\b/, /zypper\s+(-\S+\s+)*(clean|cc)\b/, /zypp/),
  DL3040: commandsWithout(
    /\b(micro)?dnf\s+(-\S+\s+)*install\b/,
    /dnf\s+clean\s+all|\/var\/cache\/(libdnf5|dnf)/,
    /\/var\/cache/,
  ),
  DL3042: commandsWithout(
    /(?<!uv\s)\bpip3?\s+install\b/,
    /--no-cache-dir|PIP_NO_CACHE_DIR|rm [^;&|]*cache\/pip|pip3? cache purge/,
    /pip|\.cache/,
  ),
  DL3060: commandsWithout(/\byarn\s+(install|add)\b/, /yarn\s+cache\s+clean/, /yarn/),
  DL3046: commandsWithout(/\buseradd\b[^;&|]*\s-u\s*\d{6,}/, /\buseradd\b[^;&|]*\s(-\w*l|--no-log-init)\b/),
  // no ADD of a local archive or file where a COPY does, nor an archive that is copied and unpacked
  DL3010: ({ instructions, commands }) =>
    instructions.some(({ keyword, rest }) => keyword === "COPY" && /\.(tar|tar\.\w+|tgz)\s/.test(rest))
      ? commands.filter(({ shell }) => /\btar\s+-?\w*x/.test(shell)).map(({ shell }) => shell)
      : [],
  // An archive is what ADD is for, and a URL.
  DL3020: each("ADD", ({ rest }) => !/^(?:\[\s*)?"?https?:\/\//.test(rest) && !/\.tar"?[\s,]/.test(rest)),
  DL1001: ({ text }) => [...text.matchAll(/^#\s*hadolint\s.*$/gm)].map(([line]) => line),
  DL3000: each("WORKDIR", ({ rest }) => !/^["']?\//.test(rest.trim())),
  DL3011: each("EXPOSE", ({ rest }) => rest.split(/\s+/).some((port) => Number.parseInt(port, 10) > 65535)),
  DL3012: inEachStage("HEALTHCHECK"),
  DL3021: each(
    "COPY",
    (one) =>
      one.rest.trim().split(/\s+/).length > 2 &&
      !isJson(one) &&
      !/\/$/.test(destination(one)) &&
      one.heredocs.length === 0,
  ),
  DL3022: unknownStages,
  DL3023: ({ stages }) =>
    stages.flatMap((stage) => {
      const own = aliasOf(stage[0]!);
      return stage.flatMap(({ flags }) =>
        flags.filter((flag) => own !== undefined && flag === `--from=${own}`),
      );
    }),
  DL3024: ({ stages }) => {
    const names = stages.map((stage) => aliasOf(stage[0]!)).filter((name) => name !== undefined);
    return names.filter((name, at) => names.indexOf(name) !== at);
  },
  DL3025: ({ instructions }) =>
    instructions
      .filter((one) => (one.keyword === "CMD" || one.keyword === "ENTRYPOINT") && !isJson(one))
      .map(({ rest }) => rest),
  DL3029: each("FROM", ({ flags }) => flags.some((flag) => flag.startsWith("--platform"))),
  DL3043: each("ONBUILD", () => true),
  DL3044: each("ENV", ({ rest }) => /(?:^|\s)(\w+)=.*(?<!\\)\$\{?\1\b/.test(rest) && !/PATH/.test(rest)),
  DL3045: ({ instructions }) =>
    instructions
      .filter(({ keyword }) => keyword === "COPY" || keyword === "ADD")
      .map(destination)
      .filter((dest) => !/^["']?\//.test(dest)),
  DL3061: ({ instructions }) =>
    ["FROM", "ARG"].includes(instructions[0]?.keyword ?? "FROM") ? [] : ["first"],
  DL4000: each("MAINTAINER", () => true),
  DL4003: inEachStage("CMD"),
  DL4004: inEachStage("ENTRYPOINT"),
};

/** What a --from names: a stage before it, a named context, or an image. */
function unknownStages({ stages }: Linted): readonly string[] {
  const known = new Set<string>();
  const wrong: string[] = [];
  for (const stage of stages) {
    for (const { flags } of stage) {
      for (const flag of flags) {
        const name = /^--from=(.+)$/.exec(flag)?.[1];
        if (
          name !== undefined &&
          /^(?:stage|prep|own|folders|files)(?:-\d+)?$/.test(name) &&
          !known.has(name)
        )
          wrong.push(name);
      }
    }
    const alias = aliasOf(stage[0]!);
    if (alias !== undefined) known.add(alias);
  }
  return wrong;
}

/** Docker's own checks, as far as the text tells. */
export const dockerChecks: Readonly<Record<string, LintRule>> = {
  StageNameCasing: ({ stages }) =>
    stages.map((stage) => aliasOf(stage[0]!) ?? "").filter((name) => name !== name.toLowerCase()),
  FromAsCasing: each("FROM", ({ rest }) => / as /.test(rest)),
  NoEmptyContinuation: ({ text }) => [...text.matchAll(/\\[ \t]*\n[ \t]*\n/g)].map(([it]) => it),
  ConsistentInstructionCasing: ({ instructions }) =>
    instructions.map(({ keyword }) => keyword).filter((keyword) => keyword !== keyword.toUpperCase()),
  ReservedStageName: ({ stages }) =>
    stages.map((stage) => aliasOf(stage[0]!) ?? "").filter((name) => ["scratch", "context"].includes(name)),
  UndefinedArgInFrom: each("FROM", ({ rest }) => rest.includes("$")),
  LegacyKeyValueFormat: ({ instructions }) =>
    instructions
      .filter(
        ({ keyword, rest }) =>
          (keyword === "ENV" || keyword === "LABEL") && !/^(?:"(?:\\.|[^"\\])*"|[^\s="]+)=/.test(rest),
      )
      .map(({ rest }) => rest),
  SecretsUsedInArgOrEnv: each("ARG", () => true),
  ExposeProtoCasing: each("EXPOSE", ({ rest }) => rest !== rest.toLowerCase()),
  ExposeInvalidFormat: each("EXPOSE", ({ rest }) => /[:]/.test(rest)),
};
