/** What a lock holds, and how it changes. */
export type { LockedCertificates, LockedEncoder, LockedFile, LockedLayering } from "../lock/lock.js";
export type {
  CertificatesChange,
  EncoderChange,
  FileChange,
  ImageChange,
  LayeringChange,
  LockChange,
  LockedState,
} from "../lock/lock-diff.js";
export type { LockEntry } from "../lock/lock-needs.js";
export type { PackageChange } from "../lock/package-list.js";
export type { DescribedChange } from "../project/lock/lock.js";
