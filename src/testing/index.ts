export type { SizeOptions } from "./images/assertions.js";
export type { AbsenceOptions } from "./images/checks/absence-check.js";
export type { BaseExpectation } from "./images/checks/description-check.js";
export type { FileExpectation, FileType, PathExpectation } from "./images/checks/file-expectation.js";
export { expectArchive, expectImage } from "./images/expect-image.js";
export type { ImageExpectation } from "./images/image-expectation.js";
export { type ImageMatcher, imageMatchers, type MatcherResult } from "./images/image-matchers.js";
export type { ImageMatchers } from "./images/matcher-types.js";
export { type CatalogSnapshotOptions, catalogSnapshot } from "./images/snapshots/catalog-snapshot.js";
export { imageSnapshot } from "./images/snapshots/image-snapshot.js";
export type { ExpectArchiveOptions, ExpectOptions } from "./images/subject.js";
export type { RegistryAuth } from "./registry/auth/guard.js";
export type { Fault, FaultMatch } from "./registry/fault.js";
export type { Faults } from "./registry/faults.js";
export {
  MemoryRegistry,
  type MemoryRegistryOptions,
  type ReceivedRequest,
} from "./registry/memory-registry.js";
