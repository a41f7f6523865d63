/** What the analyses say of images: sharing, waste, differences, and the images as they see them. */
export type { ConfigDifference } from "../analyze/difference/config-difference.js";
export type { FileAspect, FileDifference, FileState } from "../analyze/difference/file-differences.js";
export type {
  DifferenceGap,
  DifferenceSide,
  ImageDifference,
} from "../analyze/difference/image-difference.js";
export type { LayerDifference, LayerState } from "../analyze/difference/layer-difference.js";
export type { PackageDifference, PackageKind } from "../analyze/difference/package-differences.js";
export type { FinalFile, ObservedEntry, ObservedImage, ObservedLayer } from "../analyze/observed-image.js";
export type { FoundSecret } from "../analyze/secrets/find-secrets.js";
export type {
  ImageShare,
  LayerBytes,
  LayerShare,
  PullBytes,
  SharedWith,
  Sharing,
  SharingNode,
} from "../analyze/sharing/share-images.js";
export type { SquashPrice, SquashPrices } from "../analyze/sharing/squash-prices.js";
export type {
  OwnWaste,
  WasteKind,
  WasteLayer,
  WastePlace,
  WasteReport,
  WasteRow,
} from "../analyze/waste/waste-report.js";
export type { TarEntry, TarEntryType } from "../archive/tar-entry.js";
export type { ReportedImage, ReportResult } from "../project/report.js";
