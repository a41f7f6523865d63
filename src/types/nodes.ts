/** The description of images as plain data, and the inputs of its steps. */
export type { LocalBaseOptions, RegistryBaseOptions, RootfsBaseOptions } from "../image/base.js";
export type { HostFunction, HostRunContext } from "../image/host-functions.js";
export type { PlatformRecipes } from "../image/image.js";
export type { Mode, ModeInput } from "../image/mode.js";
export type {
  ArchiveBase,
  BaseNode,
  BindMount,
  ContextSource,
  ImageNode,
  ImageSource,
  LayoutBase,
  NamedContext,
  ParentBase,
  RegistryBase,
  RootfsBase,
  ScratchBase,
  Source,
} from "../image/nodes.js";
export type { Owner, OwnerInput } from "../image/owner.js";
export type { MountInput } from "../image/run-steps.js";
export type { ContextFolder, SourceInput } from "../image/sources.js";
export type { StringPairs } from "../image/strings.js";
