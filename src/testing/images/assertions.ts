import { parseSize } from "../../core/size.js";
import { beginCall, type Call, checkOptions, refuse } from "../../image/call.js";
import { parseAbsolutePath } from "../../image/container-path.js";
import type { Image } from "../../image/image.js";
import { parsePorts } from "../../oci/port.js";
import {
  type AbsenceOptions,
  checkNoFile,
  checkNoMatch,
  checkPath,
  readAbsence,
  readPattern,
} from "./checks/absence-check.js";
import {
  checkDeclared,
  checkField,
  checkHealth,
  checkNamed,
  checkNonRoot,
  checkNotNamed,
} from "./checks/config-check.js";
import {
  type BaseExpectation,
  checkBase,
  checkNoRuns,
  checkRuns,
  readBase,
} from "./checks/description-check.js";
import { checkFile } from "./checks/file-check.js";
import { type FileExpectation, type PathExpectation, readExpectation } from "./checks/file-expectation.js";
import { checkLayers, checkShared, checkSize } from "./checks/layer-check.js";
import type { Failure } from "./failure.js";
import type { ImageExpectation } from "./image-expectation.js";
import { Subject } from "./subject.js";

/** How an image is weighed. */
export interface SizeOptions {
  /** What a base in a registry weighs, unpacked: bytes, or text such as `"75MB"`. */
  readonly base?: string | number;
}

type Assertion = (subject: Subject, ...args: never[]) => Failure | undefined;

/** Every assertion by its name in a chain: reads its arguments, and says why it does not hold. */
export const assertions = {
  hasFile: (subject, path: string, expected: FileExpectation = {}) =>
    checkFile(subject.image, readExpectation(beginCall("hasFile"), path, expected)),
  hasFolder: (subject, path: string, expected: PathExpectation = {}) =>
    checkFile(subject.image, readExpectation(beginCall("hasFolder"), path, { ...expected, type: "folder" })),
  hasSymlink: (subject, path: string, target?: string) => {
    const expected = target === undefined ? ({ type: "symlink" } as const) : { linkTarget: target };
    return checkFile(subject.image, readExpectation(beginCall("hasSymlink"), path, expected));
  },
  hasPath: (subject, path: string) => checkPath(subject.image, parseAbsolutePath(beginCall("hasPath"), path)),
  hasNoFile: (subject, path: string, options: AbsenceOptions = {}) => {
    const call = beginCall("hasNoFile");
    return checkNoFile(subject.image, parseAbsolutePath(call, path), readAbsence(call, options));
  },
  hasNoFileMatching: (subject, pattern: string, options: AbsenceOptions = {}) => {
    const call = beginCall("hasNoFileMatching");
    return checkNoMatch(subject.image, pattern, readPattern(call, pattern), readAbsence(call, options));
  },
  hasEnv: (subject, name: string, value?: string | RegExp) =>
    checkNamed(subject.image, "env", name, readText(beginCall("hasEnv"), name, value)),
  hasNoEnv: (subject, name: string) => {
    readText(beginCall("hasNoEnv"), name, undefined);
    return checkNotNamed(subject.image, "env", name);
  },
  hasLabel: (subject, name: string, value?: string | RegExp) =>
    checkNamed(subject.image, "label", name, readText(beginCall("hasLabel"), name, value)),
  hasAnnotation: (subject, name: string, value?: string | RegExp) =>
    checkNamed(subject.image, "annotation", name, readText(beginCall("hasAnnotation"), name, value)),
  hasEntrypoint: (subject, args: readonly string[] | undefined) =>
    checkField(subject.image, "Entrypoint", readWords(beginCall("hasEntrypoint"), args)),
  hasCmd: (subject, args: readonly string[] | undefined) =>
    checkField(subject.image, "Cmd", readWords(beginCall("hasCmd"), args)),
  hasShell: (subject, args: readonly string[]) =>
    checkField(subject.image, "Shell", readWords(beginCall("hasShell"), args)),
  hasUser: (subject, user: string | number) => checkField(subject.image, "User", `${user}`),
  isNonRoot: (subject) => checkNonRoot(subject.image),
  hasWorkdir: (subject, path: string) =>
    checkField(subject.image, "WorkingDir", parseAbsolutePath(beginCall("hasWorkdir"), path)),
  hasStopSignal: (subject, signal: string | number) => checkField(subject.image, "StopSignal", `${signal}`),
  exposes: (subject, ...ports: readonly (number | string)[]) =>
    checkDeclared(subject.image, "ExposedPorts", readPorts(beginCall("exposes"), ports)),
  hasVolume: (subject, path: string) =>
    checkDeclared(subject.image, "Volumes", [parseAbsolutePath(beginCall("hasVolume"), path)]),
  hasHealthcheck: (subject, test?: string | readonly string[]) =>
    checkHealth(subject.image, readProbe(beginCall("hasHealthcheck"), test)),
  hasLayers: (subject, count: number) =>
    checkLayers(subject, { count: readCount(beginCall("hasLayers"), count), atMost: false, own: false }),
  hasLayersAtMost: (subject, count: number) =>
    checkLayers(subject, { count: readCount(beginCall("hasLayersAtMost"), count), atMost: true, own: false }),
  hasOwnLayers: (subject, count: number) =>
    checkLayers(subject, { count: readCount(beginCall("hasOwnLayers"), count), atMost: false, own: true }),
  sharesLayersWith: (subject, other: Image | ImageExpectation, count = 1) => {
    const call = beginCall("sharesLayersWith");
    const theirs = Subject.of(call, other, subject.options);
    if (theirs === undefined) return invalid(call, "other", other, "an Image, or what expectImage gives");
    return checkShared(subject, theirs, readCount(call, count));
  },
  isUnder: (subject, size: string | number, options: SizeOptions = {}) => {
    const call = beginCall("isUnder");
    checkOptions(call, options, ["base"]);
    const base = options.base === undefined ? undefined : readSize(call, "option base", options.base);
    return checkSize(subject, { limit: readSize(call, "size", size), own: false, base });
  },
  isOwnUnder: (subject, size: string | number) =>
    checkSize(subject, {
      limit: readSize(beginCall("isOwnUnder"), "size", size),
      own: true,
      base: undefined,
    }),
  isOn: (subject, base: BaseExpectation) => checkBase(subject, readBase(beginCall("isOn"), base)),
  runs: (subject, command: string | RegExp) => {
    const call = beginCall("runs");
    if (!isTextual(command) || command === "") invalid(call, "command", command, "text or a RegExp");
    return checkRuns(subject, command);
  },
  hasNoRunSteps: (subject) => checkNoRuns(subject),
} satisfies Record<string, Assertion>;

function invalid(call: Call, argument: string, got: unknown, allowed: string): never {
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument, got, allowed });
}

function isTextual(value: unknown): boolean {
  return typeof value === "string" || value instanceof RegExp;
}

function readText(call: Call, name: string, value: string | RegExp | undefined): string | RegExp | undefined {
  if (typeof name !== "string" || name === "") invalid(call, "name", name, "text");
  if (value !== undefined && !isTextual(value)) invalid(call, "value", value, "text or a RegExp");
  return value;
}

function readWords(call: Call, words: readonly string[] | undefined): readonly string[] | undefined {
  if (words === undefined) return undefined;
  const fine = Array.isArray(words) && words.every((word) => typeof word === "string");
  return fine ? words : invalid(call, "value", words, "an array of text");
}

const PROBE_KINDS = ["NONE", "CMD", "CMD-SHELL"];

/** A probe as the config has it: text runs under the shell. */
function readProbe(call: Call, test: string | readonly string[] | undefined): readonly string[] | undefined {
  if (typeof test === "string") return ["CMD-SHELL", test];
  const words = readWords(call, test);
  return words === undefined || PROBE_KINDS.includes(words[0] ?? "") ? words : ["CMD", ...words];
}

function readCount(call: Call, count: number): number {
  return Number.isSafeInteger(count) && count >= 0
    ? count
    : invalid(call, "number of layers", count, "a whole number");
}

function readSize(call: Call, argument: string, size: string | number): number {
  const bytes = typeof size === "string" || typeof size === "number" ? parseSize(size) : undefined;
  return bytes ?? invalid(call, argument, size, 'bytes, or a size such as "20MB"');
}

function readPorts(call: Call, ports: readonly (number | string)[]): readonly string[] {
  return ports.flatMap((port) => {
    const parsed = parsePorts(port);
    return "reason" in parsed ? invalid(call, "port", port, `a port: ${parsed.reason}`) : parsed.ports;
  });
}
