import type { Image } from "../../image/image.js";
import type { SizeOptions } from "./assertions.js";
import type { AbsenceOptions } from "./checks/absence-check.js";
import type { BaseExpectation } from "./checks/description-check.js";
import type { FileExpectation, PathExpectation } from "./checks/file-expectation.js";
import type { ImageExpectation } from "./image-expectation.js";

/** The assertions of {@link ImageExpectation} as matchers of `expect(image)`; each says what the method of its name does. */
export interface ImageMatchers<Result = void> {
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
