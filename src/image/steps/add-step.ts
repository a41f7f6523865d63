import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseDestination } from "../container-path.js";
import { parseChecksum, parseFetchUrl } from "../fetch-url.js";
import type { Mode } from "../mode.js";
import { type ModeInput, parseMode } from "../mode.js";
import { checkOptions, defined } from "../options.js";
import type { Owner } from "../owner.js";
import { type OwnerInput, parseOwner } from "../owner.js";

/** Fetches one file and verifies its sha256, its own or that of the lock. */
export interface AddStep {
  readonly kind: "add";
  readonly url: string;
  readonly dest: string;
  /** 64 lower-case hex characters; the lock's where there is none. */
  readonly sha256?: string;
  readonly owner?: Owner;
  readonly mode?: Mode;
  readonly origin?: Origin;
}

/** What is known of the file that `add` fetches, and how it is stored. */
export interface AddOptions {
  /** 64 hex characters. @default - the lock's, which the first build or `layerwright lock` writes */
  readonly sha256?: string;
  /** @default - root */
  readonly owner?: OwnerInput;
  /** @default - 0o600, as Docker's ADD */
  readonly mode?: ModeInput;
}

/**
 * Makes the step that fetches one file by http or https and verifies its sha256. Without one the lock says it: it
 * is fetched once and never again another one. Archives are not unpacked. A `dest` ending in `/` is a folder, and the
 * file is named as in the URL.
 *
 * @throws {DefinitionError} URL_INVALID, URL_HAS_CREDENTIALS, CHECKSUM_INVALID, PATH_INVALID,
 * MODE_INVALID, MODE_DECIMAL, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
 * export const image = Image.scratch().step(steps.add("https://example.org/data.bin", "/data.bin", { sha256 }));
 * ```
 */
export function add(url: string, dest: string, options: AddOptions = {}): AddStep {
  const call = beginCall("add");
  checkOptions(call, options, ["sha256", "owner", "mode"]);
  const checkedUrl = parseFetchUrl(call, url);
  const { owner, mode, sha256 } = options;
  return deepFreeze(
    defined<AddStep>({
      kind: "add",
      url: checkedUrl,
      dest: parseDestination(call, dest),
      sha256: sha256 === undefined ? undefined : parseChecksum(call, checkedUrl, sha256),
      owner: owner === undefined ? undefined : parseOwner(call, owner),
      mode: mode === undefined ? undefined : parseMode(call, mode),
      origin: call.origin,
    }),
  );
}
