import { assertNever } from "../core/assert-never.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { HealthcheckConfig } from "../oci/image-config.js";
import {
  commentLine,
  copyWords,
  expandedArray,
  expandedWord,
  heredocTerminator,
  jsonArray,
} from "./quoting.js";

/** The builders that a Dockerfile is written for. */
export type DialectName = "buildkit" | "classic";

/** The oldest BuildKit front end that has to read the text: 1.4 is Docker 23, 1.19 is Docker 28.4. */
export type FrontendVersion = "1.4" | "1.19";

/** The abilities of a builder. */
export interface Dialect {
  readonly name: DialectName;
  readonly frontend: FrontendVersion;
  /** Here-documents in COPY and RUN. Buildah 1.28 takes `<<EOT` for a file name. */
  readonly heredoc: boolean;
  /** `COPY --link`; refused by buildah before 1.43. */
  readonly link: boolean;
  /** `ADD --checksum` (front end 1.6: an older one refuses the flag, it never ignores it). */
  readonly checksum: boolean;
  /** `COPY --exclude` and symbolic `--chmod`. */
  readonly modern: boolean;
  /** True when WORKDIR makes its directory in a stage from scratch; buildah leaves it out. */
  readonly workdirMakesFolder: boolean;
}

/** The abilities behind a dialect's name. */
export function dialectOf(name: DialectName = "buildkit", frontend: FrontendVersion = "1.4"): Dialect {
  const buildkit = name === "buildkit";
  return {
    name,
    frontend,
    heredoc: buildkit,
    link: buildkit,
    checksum: buildkit,
    modern: buildkit && frontend === "1.19",
    workdirMakesFolder: buildkit,
  };
}

/** Flags that COPY and ADD share. */
export interface CopyFlags {
  /** A stage or a named context. */
  readonly from?: string;
  readonly link?: boolean;
  /** Octal digits, or symbolic clauses (front end 1.14). */
  readonly chmod?: string;
  readonly chown?: string;
  /** Patterns relative to the source (front end 1.19). */
  readonly exclude?: readonly string[];
}

/** One instruction as data. Strings are raw values: every escape is the printer's. */
export type Instruction =
  | { readonly kind: "comment"; readonly text: string }
  /** A base may hold `${NAME}`, which the builder replaces. */
  | { readonly kind: "from"; readonly base: string; readonly as: string }
  /** A variable that the builder sets, before the first stage. */
  | { readonly kind: "arg"; readonly name: string }
  | {
      readonly kind: "copy";
      readonly flags: CopyFlags;
      /** Patterns in Go's grammar. */
      readonly sources: readonly string[];
      readonly dest: string;
    }
  | { readonly kind: "copy-text"; readonly flags: CopyFlags; readonly text: string; readonly dest: string }
  | {
      readonly kind: "add";
      readonly flags: CopyFlags;
      readonly checksum?: string;
      readonly source: string;
      readonly dest: string;
    }
  | { readonly kind: "run"; readonly flags: readonly string[]; readonly command: RunCommand }
  | {
      readonly kind: "env" | "label";
      readonly pairs: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: "expose"; readonly ports: readonly string[] }
  | { readonly kind: "workdir" | "user" | "stopsignal"; readonly value: string }
  | { readonly kind: "volume"; readonly paths: readonly string[] }
  | { readonly kind: "shell" | "entrypoint" | "cmd"; readonly args: readonly string[] }
  | { readonly kind: "healthcheck"; readonly check: HealthcheckConfig };

/** The form of a RUN: as it stands, as a here-document that the shell gets, or as JSON. */
export type RunCommand =
  | { readonly form: "line"; readonly text: string }
  | { readonly form: "heredoc"; readonly text: string }
  | { readonly form: "exec"; readonly args: readonly string[] };

/** Longer instructions of several parts have a line for each. */
const LINE = 100;

/** Bytes of a line; BuildKit refuses one of 64 KiB. A here-document has no such line. */
const LONGEST_LINE = 32 * 1024;

/** Characters of a part of a longer line: less than 64 KiB in any encoding. */
const PART = 20_000;

/**
 * The text of one instruction, with its line end.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE
 */
export function printInstruction(instruction: Instruction): string {
  const text = textOf(instruction);
  return `${instruction.kind === "comment" ? text : text.split("\n").map(brokenLine).join("\n")}\n`;
}

/**
 * A line that goes on in further ones where it is too long. Builders join the parts before they read words, quotes or
 * JSON, but take a part that begins with `#` for a comment, and two backslashes at an end for themselves.
 */
function brokenLine(line: string): string {
  if (Buffer.byteLength(line) <= LONGEST_LINE) return line;
  const parts: string[] = [];
  let rest = line;
  while (rest.length > PART) {
    const part = rest.slice(0, breakIn(rest));
    parts.push(part);
    rest = rest.slice(part.length);
  }
  return [...parts, rest].join("\\\n");
}

/**
 * The place of a break in a long text: between words if there is one, else wherever a builder joins the halves again.
 */
function breakIn(text: string): number {
  for (const place of [/[ ][^ \t\\#]/, /[^\\][^ \t#\udc00-\udfff]/]) {
    for (let at = PART; at > 1; at--) if (place.test(text.slice(at - 1, at + 1))) return at;
  }
  throw new PlanError(
    "NOT_EXPRESSIBLE",
    { field: "value", reason: "is a line over 64 KiB of characters between which no line can be broken" },
    { subject: text.slice(0, LINE) },
  );
}

function textOf(instruction: Instruction): string {
  switch (instruction.kind) {
    case "comment":
      return commentLine(instruction.text);
    case "from":
      return `FROM ${instruction.base} AS ${instruction.as}`;
    case "arg":
      return `ARG ${instruction.name}`;
    case "copy":
      return `COPY ${flagsText(instruction.flags)}${copyWords(instruction.sources, instruction.dest)}`;
    case "copy-text": {
      const end = heredocTerminator(instruction.text);
      return `COPY ${flagsText(instruction.flags)}<<'${end}' ${instruction.dest}\n${instruction.text}${end}`;
    }
    case "add": {
      const checksum = instruction.checksum === undefined ? "" : `--checksum=${instruction.checksum} `;
      const words = /^https?:/.test(instruction.source)
        ? urlWords(instruction.source, instruction.dest)
        : copyWords([instruction.source], instruction.dest);
      return `ADD ${checksum}${flagsText(instruction.flags)}${words}`;
    }
    case "run":
      return runText(instruction);
    case "env":
    case "label":
      return pairsText(instruction);
    case "expose":
      // A port without a protocol is one of TCP.
      return `EXPOSE ${instruction.ports.map((port) => expandedWord(port.replace(/\/tcp$/, ""))).join(" ")}`;
    case "workdir":
    case "user":
    case "stopsignal":
      return `${instruction.kind.toUpperCase()} ${expandedWord(instruction.value)}`;
    case "volume":
      return `VOLUME ${expandedArray(instruction.paths)}`;
    case "shell":
    case "entrypoint":
    case "cmd":
      return `${instruction.kind.toUpperCase()} ${jsonArray(instruction.args)}`;
    case "healthcheck":
      return `HEALTHCHECK ${healthcheckText(instruction.check)}`;
    default:
      return assertNever(instruction);
  }
}

/** A URL is never given `./`; JSON keeps what is in it from being read as words. */
function urlWords(url: string, dest: string): string {
  const bare = [url, dest].every((word) => /^[A-Za-z0-9_./@%+=:,?&~-]+$/.test(word));
  return bare ? `${url} ${dest}` : expandedArray([url, dest]);
}

/** Variables or labels: on one line where it stays short, else each on its own. */
function pairsText({ kind, pairs }: Extract<Instruction, { kind: "env" | "label" }>): string {
  const words = pairs.map(({ name, value }) => `${expandedWord(name)}=${quotedValue(value)}`);
  const keyword = kind.toUpperCase();
  const line = `${keyword} ${words.join(" ")}`;
  return line.length <= LINE ? line : `${keyword} ${words.join(` \\\n${" ".repeat(keyword.length + 1)}`)}`;
}

function quotedValue(value: string): string {
  return value === "" ? '""' : expandedWord(value);
}

function flagsText(flags: CopyFlags): string {
  const words = [
    ...(flags.from === undefined ? [] : [`--from=${flags.from}`]),
    ...(flags.link ? ["--link"] : []),
    ...(flags.chmod === undefined ? [] : [`--chmod=${flags.chmod}`]),
    ...(flags.chown === undefined ? [] : [`--chown=${flags.chown}`]),
    ...(flags.exclude ?? []).map((pattern) => `--exclude=${expandedWord(pattern)}`),
  ];
  return words.map((word) => `${word} `).join("");
}

function runText(run: Extract<Instruction, { kind: "run" }>): string {
  const flags = run.flags.map((flag) => `${flag} `).join("");
  const { command } = run;
  if (command.form === "line") return `RUN ${flags}${command.text}`;
  if (command.form === "exec") return `RUN ${flags}${jsonArray(command.args)}`;
  const end = heredocTerminator(command.text);
  return `RUN ${flags}<<'${end}'\n${command.text}${end}`;
}

function healthcheckText(check: HealthcheckConfig): string {
  const [form, ...args] = check.Test ?? ["NONE"];
  if (form === "NONE") return "NONE";
  const options = [
    ...duration("--interval", check.Interval),
    ...duration("--timeout", check.Timeout),
    ...duration("--start-period", check.StartPeriod),
    ...duration("--start-interval", check.StartInterval),
    ...(check.Retries ? [`--retries=${check.Retries}`] : []),
  ];
  const command = form === "CMD-SHELL" ? `CMD ${args[0] ?? ""}` : `CMD ${jsonArray(args)}`;
  return [...options, command].join(" ");
}

/** Nanoseconds as Go reads a duration, in the largest unit that is exact. */
function duration(flag: string, nanoseconds: number | undefined): string[] {
  if (!nanoseconds) return [];
  if (nanoseconds % 1e9 === 0) return [`${flag}=${nanoseconds / 1e9}s`];
  if (nanoseconds % 1e6 === 0) return [`${flag}=${nanoseconds / 1e6}ms`];
  return [`${flag}=${nanoseconds}ns`];
}
