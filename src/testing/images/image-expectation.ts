import { AssertionError } from "node:assert";
import { parseSize } from "../../core/size.js";
import { beginCall, type Call, checkOptions, refuse } from "../../image/call.js";
import { parseAbsolutePath } from "../../image/container-path.js";
import type { Image } from "../../image/image.js";
import { parsePorts } from "../../oci/image-config.js";
import {
  checkDeclared,
  checkField,
  checkHealth,
  checkNamed,
  checkNonRoot,
  checkNotNamed,
} from "./config-check.js";
import {
  type BaseExpectation,
  checkBase,
  checkLayers,
  checkNoRuns,
  checkRuns,
  checkShared,
  checkSize,
  readBase,
} from "./description-check.js";
import {
  type AbsenceOptions,
  checkFile,
  checkNoFile,
  checkNoMatch,
  checkPath,
  type FileExpectation,
  type PathExpectation,
  readAbsence,
  readExpectation,
  readPattern,
} from "./file-check.js";
import { type Check, type ExpectArchiveOptions, type ExpectOptions, judge, Subject } from "./subject.js";

/**
 * Starts assertions about an image by its description, with no build and no daemon; one `await` is for the whole chain.
 * The files are those that its steps place, as the direct build places them; of bases those on disk are looked into. What a
 * command or a base in a registry may hold is not known, and an assertion that depends on it fails and says so.
 *
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @throws {PlanError} whatever would keep the image from being built, such as SOURCE_NOT_FOUND
 * @example
 * ```ts
 * import { Image } from "layerwright";
 * import { expectImage } from "layerwright/testing";
 *
 * const base = Image.scratch().write("/etc/motd", "hello\n").env("LANG", "C.UTF-8");
 * const image = Image.from(base).write("/app", "#!/bin/sh\n", { mode: 0o755 });
 * await expectImage(image).hasFile("/app", { mode: 0o755 }).hasEnv("LANG", "C.UTF-8").sharesLayersWith(base).isUnder("20MB");
 * ```
 */
export function expectImage(image: Image, options: ExpectOptions = {}): ImageExpectation {
  return new ImageExpectation(Subject.described(beginCall("expectImage"), image, options));
}

/**
 * Starts the same assertions about a finished image on disk, ours or anybody's: an archive or an OCI layout. All of its
 * files are known, also those that commands made; which steps made it is not.
 *
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @throws {EnvironmentError} BASE_NOT_FOUND
 * @example
 * ```ts
 * import { build, Image } from "layerwright";
 * import { expectArchive } from "layerwright/testing";
 *
 * await build(Image.scratch().write("/etc/motd", "hello\n"), { output: "motd.tar" });
 * await expectArchive("motd.tar").hasFile("/etc/motd", { contents: /^hello/ }).hasLayers(1);
 * ```
 */
export function expectArchive(path: string, options: ExpectArchiveOptions = {}): ImageExpectation {
  return new ImageExpectation(Subject.archive(beginCall("expectArchive"), path, options));
}

/**
 * Assertions about one image, in a chain that is a promise: `await` holds when all of them do, or throws the
 * `AssertionError` of the first that does not, which says what was looked for, what there is, and the line of the step
 * concerned. What only a build can tell fails too, and says so. Arguments that make no sense are refused at once.
 */
export class ImageExpectation extends Promise<void> {
  readonly #subject: Subject;

  /** @internal */
  constructor(subject: Subject, before = Promise.resolve()) {
    super((resolve) => resolve(before));
    this.#subject = subject;
    Subject.note(this, subject);
  }

  /** @internal What `then` gives is a promise like any other. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  /** A file is at the path, with links followed: with this mode, owner, size and content, as far as they are given. */
  hasFile(path: string, expected?: FileExpectation): ImageExpectation {
    return this.#hold(assertions.hasFile(this.#subject, path, expected), this.hasFile);
  }

  /** A directory is at the path, with this mode and owner. */
  hasFolder(path: string, expected?: PathExpectation): ImageExpectation {
    return this.#hold(assertions.hasFolder(this.#subject, path, expected), this.hasFolder);
  }

  /** A symbolic link is at the path, and says this target, letter for letter. */
  hasSymlink(path: string, target?: string): ImageExpectation {
    return this.#hold(assertions.hasSymlink(this.#subject, path, target), this.hasSymlink);
  }

  /** Something is at the path, whatever it is: also where a build has to tell whether it is a file or a directory. */
  hasPath(path: string): ImageExpectation {
    return this.#hold(assertions.hasPath(this.#subject, path), this.hasPath);
  }

  /** Nothing is at the path, neither file nor directory nor link. */
  hasNoFile(path: string, options?: AbsenceOptions): ImageExpectation {
    return this.#hold(assertions.hasNoFile(this.#subject, path, options), this.hasNoFile);
  }

  /** Nothing in the image fits the pattern: `*`, `?`, `[a-z]`, and `**` for any number of directories. */
  hasNoFileMatching(pattern: string, options?: AbsenceOptions): ImageExpectation {
    return this.#hold(assertions.hasNoFileMatching(this.#subject, pattern, options), this.hasNoFileMatching);
  }

  /** The environment variable is set, to this value or one that matches. */
  hasEnv(name: string, value?: string | RegExp): ImageExpectation {
    return this.#hold(assertions.hasEnv(this.#subject, name, value), this.hasEnv);
  }

  /** The environment variable is not set. */
  hasNoEnv(name: string): ImageExpectation {
    return this.#hold(assertions.hasNoEnv(this.#subject, name), this.hasNoEnv);
  }

  /** The label is set, to this value or one that matches. */
  hasLabel(name: string, value?: string | RegExp): ImageExpectation {
    return this.#hold(assertions.hasLabel(this.#subject, name, value), this.hasLabel);
  }

  /** The annotation of the manifest is set, to this value or one that matches. */
  hasAnnotation(name: string, value?: string | RegExp): ImageExpectation {
    return this.#hold(assertions.hasAnnotation(this.#subject, name, value), this.hasAnnotation);
  }

  /** The entry point is exactly this; undefined: there is none. */
  hasEntrypoint(args: readonly string[] | undefined): ImageExpectation {
    return this.#hold(assertions.hasEntrypoint(this.#subject, args), this.hasEntrypoint);
  }

  /** The command is exactly this; undefined: there is none. */
  hasCmd(args: readonly string[] | undefined): ImageExpectation {
    return this.#hold(assertions.hasCmd(this.#subject, args), this.hasCmd);
  }

  /** The shell of commands given as text is exactly this. */
  hasShell(args: readonly string[]): ImageExpectation {
    return this.#hold(assertions.hasShell(this.#subject, args), this.hasShell);
  }

  /** The user is this, as the image config has it: `65532`, `"app"` or `"1000:1000"`. */
  hasUser(user: string | number): ImageExpectation {
    return this.#hold(assertions.hasUser(this.#subject, user), this.hasUser);
  }

  /** A user other than root is set. */
  isNonRoot(): ImageExpectation {
    return this.#hold(assertions.isNonRoot(this.#subject), this.isNonRoot);
  }

  /** The working directory is this. */
  hasWorkdir(path: string): ImageExpectation {
    return this.#hold(assertions.hasWorkdir(this.#subject, path), this.hasWorkdir);
  }

  /** The signal that stops a container is this, as the config spells it. */
  hasStopSignal(signal: string | number): ImageExpectation {
    return this.#hold(assertions.hasStopSignal(this.#subject, signal), this.hasStopSignal);
  }

  /** The ports are declared: `80`, `"53/udp"`, `"8000-8003"`. */
  exposes(...ports: readonly (number | string)[]): ImageExpectation {
    return this.#hold(assertions.exposes(this.#subject, ...ports), this.exposes);
  }

  /** The directory is declared a volume. */
  hasVolume(path: string): ImageExpectation {
    return this.#hold(assertions.hasVolume(this.#subject, path), this.hasVolume);
  }

  /** Health is probed; by this command, where one is given (text runs under the shell, an array as it is). */
  hasHealthcheck(test?: string | readonly string[]): ImageExpectation {
    return this.#hold(assertions.hasHealthcheck(this.#subject, test), this.hasHealthcheck);
  }

  /** The image has as many layers, those of its base included. */
  hasLayers(count: number): ImageExpectation {
    return this.#hold(assertions.hasLayers(this.#subject, count), this.hasLayers);
  }

  /** The image has no more layers than this, those of its base included. */
  hasLayersAtMost(count: number): ImageExpectation {
    return this.#hold(assertions.hasLayersAtMost(this.#subject, count), this.hasLayersAtMost);
  }

  /** The image has as many layers above its base, which may be another Image. */
  hasOwnLayers(count: number): ImageExpectation {
    return this.#hold(assertions.hasOwnLayers(this.#subject, count), this.hasOwnLayers);
  }

  /**
   * At least so many layers from the bottom are the same in both images, 1 where no number is given. Those of a base on
   * disk count each, those of a base in a registry count as one. Layers are the same when their steps are and all
   * below is.
   */
  sharesLayersWith(other: Image | ImageExpectation, count?: number): ImageExpectation {
    return this.#hold(assertions.sharesLayersWith(this.#subject, other, count), this.sharesLayersWith);
  }

  /** The image has fewer bytes than this, unpacked and base included: the sum of its layers' plain tars. */
  isUnder(size: string | number, options?: SizeOptions): ImageExpectation {
    return this.#hold(assertions.isUnder(this.#subject, size, options), this.isUnder);
  }

  /** The layers above the base have fewer bytes than this, unpacked. */
  isOwnUnder(size: string | number): ImageExpectation {
    return this.#hold(assertions.isOwnUnder(this.#subject, size), this.isOwnUnder);
  }

  /** The image stands on this: a reference, a Base, `"scratch"` or another Image, right below it or further down. */
  isOn(base: BaseExpectation): ImageExpectation {
    return this.#hold(assertions.isOn(this.#subject, base), this.isOn);
  }

  /** A step of the image, or of one that it is made from, runs a command that holds this text or matches. */
  runs(command: string | RegExp): ImageExpectation {
    return this.#hold(assertions.runs(this.#subject, command), this.runs);
  }

  /** No command is run for the image, nor for those that it is made from. */
  hasNoRunSteps(): ImageExpectation {
    return this.#hold(assertions.hasNoRunSteps(this.#subject), this.hasNoRunSteps);
  }

  #hold(check: Check, method: (...args: never[]) => unknown): ImageExpectation {
    const called = { stack: "" };
    Error.captureStackTrace(called, method);
    const subject = this.#subject;
    const held = this.then(async () => {
      const failed = await judge(check);
      if (failed === undefined) return;
      const { message, actual, expected } = failed;
      const error = new AssertionError({ message, actual, expected, operator: method.name });
      // The user's line is where the assertion was called, not where it was waited for.
      const frames = called.stack.slice(Math.max(0, called.stack.indexOf("\n    at ")));
      error.stack = `${error.name}: ${message}${frames}`;
      throw error;
    });
    return new ImageExpectation(subject, held);
  }
}

/** Options of a check of an image's size. */
export interface SizeOptions {
  /** The unpacked size of a base in a registry: bytes, or text such as `"75MB"`. */
  readonly base?: string | number;
}

type Assertion = (subject: Subject, ...args: never[]) => Check;

/** Every assertion by its name in a chain: reads its arguments at once, and gives the check. */
export const assertions = {
  hasFile: (subject, path: string, expected: FileExpectation = {}) => {
    const asked = readExpectation(beginCall("hasFile"), path, expected);
    return () => checkFile(subject.image, asked);
  },
  hasFolder: (subject, path: string, expected: PathExpectation = {}) => {
    const asked = readExpectation(beginCall("hasFolder"), path, { ...expected, type: "folder" });
    return () => checkFile(subject.image, asked);
  },
  hasSymlink: (subject, path: string, target?: string) => {
    const expected = target === undefined ? ({ type: "symlink" } as const) : { linkTarget: target };
    const asked = readExpectation(beginCall("hasSymlink"), path, expected);
    return () => checkFile(subject.image, asked);
  },
  hasPath: (subject, path: string) => {
    const parsed = parseAbsolutePath(beginCall("hasPath"), path);
    return () => checkPath(subject.image, parsed);
  },
  hasNoFile: (subject, path: string, options: AbsenceOptions = {}) => {
    const call = beginCall("hasNoFile");
    const [parsed, own] = [parseAbsolutePath(call, path), readAbsence(call, options)];
    return () => checkNoFile(subject.image, parsed, own);
  },
  hasNoFileMatching: (subject, pattern: string, options: AbsenceOptions = {}) => {
    const call = beginCall("hasNoFileMatching");
    const [glob, own] = [readPattern(call, pattern), readAbsence(call, options)];
    return () => checkNoMatch(subject.image, pattern, glob, own);
  },
  hasEnv: (subject, name: string, value?: string | RegExp) => {
    const asked = readText(beginCall("hasEnv"), name, value);
    return () => checkNamed(subject.image, "env", name, asked);
  },
  hasNoEnv: (subject, name: string) => {
    readText(beginCall("hasNoEnv"), name, undefined);
    return () => checkNotNamed(subject.image, "env", name);
  },
  hasLabel: (subject, name: string, value?: string | RegExp) => {
    const asked = readText(beginCall("hasLabel"), name, value);
    return () => checkNamed(subject.image, "label", name, asked);
  },
  hasAnnotation: (subject, name: string, value?: string | RegExp) => {
    const asked = readText(beginCall("hasAnnotation"), name, value);
    return () => checkNamed(subject.image, "annotation", name, asked);
  },
  hasEntrypoint: (subject, args: readonly string[] | undefined) =>
    field(subject, "Entrypoint", readWords(beginCall("hasEntrypoint"), args)),
  hasCmd: (subject, args: readonly string[] | undefined) =>
    field(subject, "Cmd", readWords(beginCall("hasCmd"), args)),
  hasShell: (subject, args: readonly string[]) =>
    field(subject, "Shell", readWords(beginCall("hasShell"), args)),
  hasUser: (subject, user: string | number) => field(subject, "User", `${user}`),
  isNonRoot: (subject) => () => checkNonRoot(subject.image),
  hasWorkdir: (subject, path: string) =>
    field(subject, "WorkingDir", parseAbsolutePath(beginCall("hasWorkdir"), path)),
  hasStopSignal: (subject, signal: string | number) => field(subject, "StopSignal", `${signal}`),
  exposes: (subject, ...ports: readonly (number | string)[]) => {
    const asked = readPorts(beginCall("exposes"), ports);
    return () => checkDeclared(subject.image, "ExposedPorts", asked);
  },
  hasVolume: (subject, path: string) => {
    const asked = [parseAbsolutePath(beginCall("hasVolume"), path)];
    return () => checkDeclared(subject.image, "Volumes", asked);
  },
  hasHealthcheck: (subject, test?: string | readonly string[]) => {
    const asked = readProbe(beginCall("hasHealthcheck"), test);
    return () => checkHealth(subject.image, asked);
  },
  hasLayers: (subject, count: number) => {
    const asked = { count: readCount(beginCall("hasLayers"), count), atMost: false, own: false };
    return () => checkLayers(subject, asked);
  },
  hasLayersAtMost: (subject, count: number) => {
    const asked = { count: readCount(beginCall("hasLayersAtMost"), count), atMost: true, own: false };
    return () => checkLayers(subject, asked);
  },
  hasOwnLayers: (subject, count: number) => {
    const asked = { count: readCount(beginCall("hasOwnLayers"), count), atMost: false, own: true };
    return () => checkLayers(subject, asked);
  },
  sharesLayersWith: (subject, other: Image | ImageExpectation, count = 1) => {
    const call = beginCall("sharesLayersWith");
    const theirs = Subject.of(call, other, subject.options);
    if (theirs === undefined) return invalid(call, "other", other, "an Image, or what expectImage gives");
    const asked = readCount(call, count);
    return () => checkShared(subject, theirs, asked);
  },
  isUnder: (subject, size: string | number, options: SizeOptions = {}) => {
    const call = beginCall("isUnder");
    checkOptions(call, options, ["base"]);
    const base = options.base === undefined ? undefined : readSize(call, "base", options.base);
    const limit = readSize(call, "size", size);
    return () => checkSize(subject, { limit, own: false, base });
  },
  isOwnUnder: (subject, size: string | number) => {
    const limit = readSize(beginCall("isOwnUnder"), "size", size);
    return () => checkSize(subject, { limit, own: true, base: undefined });
  },
  isOn: (subject, base: BaseExpectation) => {
    const asked = readBase(beginCall("isOn"), base);
    return () => checkBase(subject, asked);
  },
  runs: (subject, command: string | RegExp) => {
    const call = beginCall("runs");
    if (!isTextual(command) || command === "") invalid(call, "command", command, "text or a RegExp");
    return () => checkRuns(subject, command);
  },
  hasNoRunSteps: (subject) => () => checkNoRuns(subject),
} satisfies Record<string, Assertion>;

function field(
  subject: Subject,
  name: Parameters<typeof checkField>[1],
  asked: string | readonly string[] | undefined,
): Check {
  return () => checkField(subject.image, name, asked);
}

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
