import { AssertionError } from "node:assert";
import type { Image } from "../../image/image.js";
import { assertions, type SizeOptions } from "./assertions.js";
import type { AbsenceOptions } from "./checks/absence-check.js";
import type { BaseExpectation } from "./checks/description-check.js";
import type { FileExpectation, PathExpectation } from "./checks/file-expectation.js";
import type { Failure } from "./failure.js";
import { Subject } from "./subject.js";

/**
 * Assertions about one image, in a chain: each returns the chain, or throws an `AssertionError` that says what was
 * looked for, what there is, and the line of the step concerned. What only a build can tell fails too, and says so.
 */
export class ImageExpectation {
  readonly #subject: Subject;

  /** @internal */
  constructor(subject: Subject) {
    this.#subject = subject;
    Subject.note(this, subject);
  }

  /** A file is at the path, with links followed: with this mode, owner, size and content, as far as they are given. */
  hasFile(path: string, expected?: FileExpectation): this {
    return this.#hold(assertions.hasFile(this.#subject, path, expected), this.hasFile);
  }

  /** A folder is at the path, with this mode and owner. */
  hasFolder(path: string, expected?: PathExpectation): this {
    return this.#hold(assertions.hasFolder(this.#subject, path, expected), this.hasFolder);
  }

  /** A symbolic link is at the path, and says this target, letter for letter. */
  hasSymlink(path: string, target?: string): this {
    return this.#hold(assertions.hasSymlink(this.#subject, path, target), this.hasSymlink);
  }

  /** Something is at the path, whatever it is: also where a build has to tell whether it is a file or a folder. */
  hasPath(path: string): this {
    return this.#hold(assertions.hasPath(this.#subject, path), this.hasPath);
  }

  /** Nothing is at the path, neither file nor folder nor link. */
  hasNoFile(path: string, options?: AbsenceOptions): this {
    return this.#hold(assertions.hasNoFile(this.#subject, path, options), this.hasNoFile);
  }

  /** Nothing in the image fits the pattern: `*`, `?`, `[a-z]`, and `**` for any number of folders. */
  hasNoFileMatching(pattern: string, options?: AbsenceOptions): this {
    return this.#hold(assertions.hasNoFileMatching(this.#subject, pattern, options), this.hasNoFileMatching);
  }

  /** The environment variable is set, to this value or one that matches. */
  hasEnv(name: string, value?: string | RegExp): this {
    return this.#hold(assertions.hasEnv(this.#subject, name, value), this.hasEnv);
  }

  /** The environment variable is not set. */
  hasNoEnv(name: string): this {
    return this.#hold(assertions.hasNoEnv(this.#subject, name), this.hasNoEnv);
  }

  /** The label is set, to this value or one that matches. */
  hasLabel(name: string, value?: string | RegExp): this {
    return this.#hold(assertions.hasLabel(this.#subject, name, value), this.hasLabel);
  }

  /** The annotation of the manifest is set, to this value or one that matches. */
  hasAnnotation(name: string, value?: string | RegExp): this {
    return this.#hold(assertions.hasAnnotation(this.#subject, name, value), this.hasAnnotation);
  }

  /** The entry point is exactly this; undefined: there is none. */
  hasEntrypoint(args: readonly string[] | undefined): this {
    return this.#hold(assertions.hasEntrypoint(this.#subject, args), this.hasEntrypoint);
  }

  /** The command is exactly this; undefined: there is none. */
  hasCmd(args: readonly string[] | undefined): this {
    return this.#hold(assertions.hasCmd(this.#subject, args), this.hasCmd);
  }

  /** The shell of commands given as text is exactly this. */
  hasShell(args: readonly string[]): this {
    return this.#hold(assertions.hasShell(this.#subject, args), this.hasShell);
  }

  /** The user is this, as the image config has it: `65532`, `"app"` or `"1000:1000"`. */
  hasUser(user: string | number): this {
    return this.#hold(assertions.hasUser(this.#subject, user), this.hasUser);
  }

  /** A user other than root is set. */
  isNonRoot(): this {
    return this.#hold(assertions.isNonRoot(this.#subject), this.isNonRoot);
  }

  /** The working folder is this. */
  hasWorkdir(path: string): this {
    return this.#hold(assertions.hasWorkdir(this.#subject, path), this.hasWorkdir);
  }

  /** The signal that stops a container is this, as the config spells it. */
  hasStopSignal(signal: string | number): this {
    return this.#hold(assertions.hasStopSignal(this.#subject, signal), this.hasStopSignal);
  }

  /** The ports are declared: `80`, `"53/udp"`, `"8000-8003"`. */
  exposes(...ports: readonly (number | string)[]): this {
    return this.#hold(assertions.exposes(this.#subject, ...ports), this.exposes);
  }

  /** The folder is declared a volume. */
  hasVolume(path: string): this {
    return this.#hold(assertions.hasVolume(this.#subject, path), this.hasVolume);
  }

  /** Health is probed; by this command, where one is given (text runs under the shell, an array as it is). */
  hasHealthcheck(test?: string | readonly string[]): this {
    return this.#hold(assertions.hasHealthcheck(this.#subject, test), this.hasHealthcheck);
  }

  /** The image has as many layers, those of its base included. */
  hasLayers(count: number): this {
    return this.#hold(assertions.hasLayers(this.#subject, count), this.hasLayers);
  }

  /** The image has no more layers than this, those of its base included. */
  hasLayersAtMost(count: number): this {
    return this.#hold(assertions.hasLayersAtMost(this.#subject, count), this.hasLayersAtMost);
  }

  /** The image has as many layers above its base, which may be another Image. */
  hasOwnLayers(count: number): this {
    return this.#hold(assertions.hasOwnLayers(this.#subject, count), this.hasOwnLayers);
  }

  /**
   * At least so many layers from the bottom are the same in both images, 1 where no number is given. Those of a base on
   * disk count each, those of a base in a registry count as one. Layers are the same when their steps are and all
   * below is.
   */
  sharesLayersWith(other: Image | ImageExpectation, count?: number): this {
    return this.#hold(assertions.sharesLayersWith(this.#subject, other, count), this.sharesLayersWith);
  }

  /** The image has fewer bytes than this, unpacked and base included: the sum of its layers' plain tars. */
  isUnder(size: string | number, options?: SizeOptions): this {
    return this.#hold(assertions.isUnder(this.#subject, size, options), this.isUnder);
  }

  /** The layers above the base have fewer bytes than this, unpacked. */
  isOwnUnder(size: string | number): this {
    return this.#hold(assertions.isOwnUnder(this.#subject, size), this.isOwnUnder);
  }

  /** The image stands on this: a reference, a Base, `"scratch"` or another Image, right below it or further down. */
  isOn(base: BaseExpectation): this {
    return this.#hold(assertions.isOn(this.#subject, base), this.isOn);
  }

  /** A step of the image, or of one that it is made from, runs a command that holds this text or matches. */
  runs(command: string | RegExp): this {
    return this.#hold(assertions.runs(this.#subject, command), this.runs);
  }

  /** No command is run for the image, nor for those that it is made from. */
  hasNoRunSteps(): this {
    return this.#hold(assertions.hasNoRunSteps(this.#subject), this.hasNoRunSteps);
  }

  #hold(failed: Failure | undefined, method: (...args: never[]) => unknown): this {
    if (failed === undefined) return this;
    const { message, actual, expected } = failed;
    throw new AssertionError({ message, actual, expected, operator: method.name, stackStartFn: method });
  }
}
