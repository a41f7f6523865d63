import { AssertionError } from "node:assert";
import { beginCall, refuse } from "../../image/call.js";
import type { Image } from "../../image/image.js";
import type { BaseExpectation } from "./description-check.js";
import type { AbsenceOptions, FileExpectation, PathExpectation } from "./file-check.js";
import { assertions, type ImageExpectation, type SizeOptions } from "./image-expectation.js";
import { type Check, judge, Subject } from "./subject.js";

/** The result of a matcher, as test runners expect it. */
export interface MatcherResult {
  readonly pass: boolean;
  readonly message: () => string;
  readonly actual?: unknown;
  readonly expected?: unknown;
}

/** A matcher as `expect.extend` takes it; what it is given is an Image, or what {@link expectImage} gives. */
export type ImageMatcher = (
  this: { readonly isNot?: boolean },
  received: unknown,
  // biome-ignore lint/suspicious/noExplicitAny: what test runners declare takes any arguments
  ...args: any[]
) => Promise<MatcherResult>;

const NAMES = {
  toHaveFile: "hasFile",
  toHaveFolder: "hasFolder",
  toHaveSymlink: "hasSymlink",
  toHavePath: "hasPath",
  toHaveNoFile: "hasNoFile",
  toHaveNoFileMatching: "hasNoFileMatching",
  toHaveEnv: "hasEnv",
  toHaveNoEnv: "hasNoEnv",
  toHaveLabel: "hasLabel",
  toHaveAnnotation: "hasAnnotation",
  toHaveEntrypoint: "hasEntrypoint",
  toHaveCmd: "hasCmd",
  toHaveShell: "hasShell",
  toHaveUser: "hasUser",
  toBeNonRoot: "isNonRoot",
  toHaveWorkdir: "hasWorkdir",
  toHaveStopSignal: "hasStopSignal",
  toExpose: "exposes",
  toHaveVolume: "hasVolume",
  toHaveHealthcheck: "hasHealthcheck",
  toHaveLayers: "hasLayers",
  toHaveLayersAtMost: "hasLayersAtMost",
  toHaveOwnLayers: "hasOwnLayers",
  toShareLayersWith: "sharesLayersWith",
  toBeUnder: "isUnder",
  toBeOwnUnder: "isOwnUnder",
  toBeOn: "isOn",
  toRun: "runs",
  toHaveNoRunSteps: "hasNoRunSteps",
} as const satisfies Record<keyof ImageMatchers, keyof typeof assertions>;

/**
 * The assertions of {@link ImageExpectation} for `expect.extend`, of vitest or of what extends the same way. What only a
 * build can tell fails under `.not` too. For vitest import them from `layerwright/testing/vitest`, which has their types.
 *
 * @example
 * ```ts
 * import { Image } from "layerwright";
 * import { imageMatchers } from "layerwright/testing";
 *
 * // expect.extend(imageMatchers), and then: await expect(image).toHaveEnv("LANG", "C.UTF-8")
 * const image = Image.scratch().env("LANG", "C.UTF-8");
 * const { pass } = await imageMatchers.toHaveEnv.call({}, image, "LANG");
 * console.log(pass); // true
 * ```
 */
export const imageMatchers: Readonly<Record<keyof ImageMatchers, ImageMatcher>> = Object.fromEntries(
  Object.entries(NAMES).map(([name, assertion]) => [name, matcher(name, assertion)]),
) as Record<keyof ImageMatchers, ImageMatcher>;

function matcher(name: string, assertion: keyof typeof assertions): ImageMatcher {
  const read = assertions[assertion] as (subject: Subject, ...args: unknown[]) => Check;
  return async function (
    this: { readonly isNot?: boolean },
    received: unknown,
    ...args: unknown[]
  ): Promise<MatcherResult> {
    const call = beginCall(name);
    const subject = Subject.of(call, received, {});
    if (subject === undefined) {
      const allowed = "an Image, or what expectImage gives";
      return refuse(call, "ARGUMENT_INVALID", { call: name, argument: "received", got: received, allowed });
    }
    const failed = await judge(read(subject, ...args));
    if (failed === undefined)
      return { pass: true, message: () => `the image passes ${name}, and should not` };
    const { message, actual, expected, unknown } = failed;
    // Turned round, "not known" would count as "not so".
    if (unknown && this?.isNot === true)
      throw new AssertionError({ message, actual, expected, operator: name });
    return { pass: false, message: () => message, actual, expected };
  };
}

/** The assertions of {@link ImageExpectation} as matchers of `await expect(image)`; each does what the method of its name does. */
export interface ImageMatchers<Result = Promise<void>> {
  toHaveFile(path: string, expected?: FileExpectation): Result;
  toHaveFolder(path: string, expected?: PathExpectation): Result;
  toHaveSymlink(path: string, target?: string): Result;
  toHavePath(path: string): Result;
  toHaveNoFile(path: string, options?: AbsenceOptions): Result;
  toHaveNoFileMatching(pattern: string, options?: AbsenceOptions): Result;
  toHaveEnv(name: string, value?: string | RegExp): Result;
  toHaveNoEnv(name: string): Result;
  toHaveLabel(name: string, value?: string | RegExp): Result;
  toHaveAnnotation(name: string, value?: string | RegExp): Result;
  toHaveEntrypoint(args: readonly string[] | undefined): Result;
  toHaveCmd(args: readonly string[] | undefined): Result;
  toHaveShell(args: readonly string[]): Result;
  toHaveUser(user: string | number): Result;
  toBeNonRoot(): Result;
  toHaveWorkdir(path: string): Result;
  toHaveStopSignal(signal: string | number): Result;
  toExpose(...ports: readonly (number | string)[]): Result;
  toHaveVolume(path: string): Result;
  toHaveHealthcheck(test?: string | readonly string[]): Result;
  toHaveLayers(count: number): Result;
  toHaveLayersAtMost(count: number): Result;
  toHaveOwnLayers(count: number): Result;
  toShareLayersWith(other: Image | ImageExpectation, count?: number): Result;
  toBeUnder(size: string | number, options?: SizeOptions): Result;
  toBeOwnUnder(size: string | number): Result;
  toBeOn(base: BaseExpectation): Result;
  toRun(command: string | RegExp): Result;
  toHaveNoRunSteps(): Result;
}
