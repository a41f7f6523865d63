import { deepFreeze } from "../../core/freeze.js";
import { parseSize } from "../../core/parse-size.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall, refuse } from "../call.js";
import { checkPathText, parseDestination } from "../container-path.js";
import type { Mode } from "../mode.js";
import { type ModeInput, parseMode } from "../mode.js";
import { checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";
import { parseSources, type SourceInput } from "../parse-source.js";
import type { Source } from "../source.js";

/** Copies files. A folder's contents are copied, not the folder; `dest` ending in `/` is a folder. */
export interface CopyStep {
  readonly kind: "copy";
  readonly sources: readonly Source[];
  /** As written: absolute or relative to the working folder of the image. */
  readonly dest: string;
  readonly owner?: Owner;
  readonly mode?: Mode;
  /** Patterns in `.dockerignore` grammar, relative to each source. */
  readonly exclude?: readonly string[];
  /** Bytes. */
  readonly maxFileSize?: number;
  readonly origin?: Origin;
}

/** How `copy` copies. */
export interface CopyOptions {
  /** @default - files of a context belong to root, files of another image keep their owner */
  readonly owner?: OwnerInput;
  /** @default - files of a context get 0644, or 0755 where they are executable; files of another image keep theirs */
  readonly mode?: ModeInput;
  /** Patterns in `.dockerignore` grammar, relative to each source. */
  readonly exclude?: readonly string[];
  /**
   * Largest file of a context that is copied, in bytes or as `"200GB"`. A larger one is refused before it is read.
   *
   * @default "64GiB"
   */
  readonly maxFileSize?: number | string;
}

/**
 * Makes the step that copies files into the image. Of a folder the contents are copied, not the folder itself;
 * a `dest` ending in `/` is a folder to copy into, and is needed when there are several sources. Globs
 * (`* ? [] **`) are allowed in paths of the build context.
 *
 * @param dest absolute, or relative to the working folder
 * @throws {DefinitionError} SOURCE_INVALID, SOURCE_OUTSIDE_CONTEXT, PATH_INVALID, MODE_INVALID, MODE_DECIMAL,
 * OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const site = steps.copy("site/", "/var/www/html/", { owner: "www-data", mode: "u=rwX,go=rX" });
 * export const image = Image.from("nginx:1.27").step(site);
 * ```
 */
export function copy(
  source: SourceInput | readonly SourceInput[],
  dest: string,
  options: CopyOptions = {},
): CopyStep {
  const call = beginCall("copy");
  checkOptions(call, options, ["owner", "mode", "exclude", "maxFileSize"]);
  const { owner, mode, exclude, maxFileSize } = options;
  if (exclude !== undefined && !Array.isArray(exclude)) {
    const allowed = "an array of patterns";
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "option exclude", got: exclude, allowed });
  }
  const limit = maxFileSize === undefined ? undefined : parseSize(maxFileSize);
  if (maxFileSize !== undefined && limit === undefined) {
    const allowed = 'a number of bytes or a size such as "200GB"';
    refuse(call, "ARGUMENT_INVALID", {
      call: call.name,
      argument: "option maxFileSize",
      got: maxFileSize,
      allowed,
    });
  }
  return deepFreeze(
    defined<CopyStep>({
      kind: "copy",
      sources: parseSources(call, source),
      dest: parseDestination(call, dest),
      owner: owner === undefined ? undefined : parseOwner(call, owner),
      mode: mode === undefined ? undefined : parseMode(call, mode),
      exclude: exclude?.map((pattern) => checkPathText(call, pattern)),
      maxFileSize: limit,
      origin: call.origin,
    }),
  );
}
