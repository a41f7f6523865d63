export type { BaseExpectation } from "./images/description-check.js";
export type { AbsenceOptions, FileExpectation, FileType, PathExpectation } from "./images/file-check.js";
export type { ImageExpectation, SizeOptions } from "./images/image-expectation.js";
export { expectArchive, expectImage } from "./images/image-expectation.js";
export type { ImageMatchers } from "./images/image-matchers.js";
export { type ImageMatcher, imageMatchers, type MatcherResult } from "./images/image-matchers.js";
export { type CatalogSnapshotOptions, catalogSnapshot, imageSnapshot } from "./images/image-snapshot.js";
export type { ExpectArchiveOptions, ExpectOptions } from "./images/subject.js";
export type { RegistryAuth } from "./registry/auth.js";
export type { Fault, FaultMatch, Faults } from "./registry/faults.js";
export {
  MemoryRegistry,
  type MemoryRegistryOptions,
  type ReceivedRequest,
} from "./registry/memory-registry.js";
