import { beginCall, type Call, checkFlag, checkOptions, refuse } from "../image/call.js";
import { user } from "../image/config-steps.js";
import { parseDestination } from "../image/container-path.js";
import { add, parseChecksum, parseFetchUrl } from "../image/file-steps.js";
import { type Image, isImage, type Recipe } from "../image/image.js";
import { type ModeInput, parseMode } from "../image/mode.js";
import type { ImageNode } from "../image/nodes.js";
import { run } from "../image/run-steps.js";
import { imageSource } from "../image/sources.js";

/** The known digest of a download, and the form that it gets in the image. */
export interface DownloadOptions {
  /** 64 hex characters. Without it the same description could give another image tomorrow. */
  readonly sha256: string;
  /** The file, or the directory to unpack into: absolute, or relative to the working directory. */
  readonly dest: string;
  /** True when it is a tar archive to unpack. @default - true for a name such as "tool.tar.gz" or "tool.tgz" */
  readonly extract?: boolean;
  /**
   * The number of leading directories that the names in the archive lose, as tar's `--strip-components`. @default - 0
   */
  readonly strip?: number;
  /** The mode of a file that is not unpacked. @default - 0o644 */
  readonly mode?: ModeInput;
  /** The image whose `tar` unpacks; nothing of it enters this image. @default - what this image starts from */
  readonly tools?: Image;
}

const OPTIONS = ["sha256", "dest", "extract", "strip", "mode", "tools"] as const;
/** The option that tells tar the compression, by the end of the name: not every tar finds it out. */
const FORMATS: readonly (readonly [RegExp, string])[] = [
  [/\.tar$/, ""],
  [/\.(tar\.gz|tgz)$/, " -z"],
  [/\.(tar\.bz2|tbz2?)$/, " -j"],
  [/\.(tar\.xz|txz)$/, " -J"],
  [/\.(tar\.zst|tzst)$/, " --zstd"],
];
const NO_TAR = "download: tar is missing here: pass an image that has it as the option tools";
const NEEDS_TAR = `command -v tar >/dev/null || { echo "${NO_TAR}" >&2; exit 127; }`;

/**
 * Fetches one file, verifies its sha256 and, where it is a tar archive, unpacks it, in one layer that never holds the
 * archive. Unpacking happens in a stage of its own, by the `tar` of `tools`, which has to know the compression too;
 * the files then belong to root.
 *
 * @throws {DefinitionError} CHECKSUM_MISSING, CHECKSUM_INVALID, URL_INVALID, URL_HAS_CREDENTIALS, PATH_INVALID,
 * MODE_INVALID, MODE_DECIMAL, OPTION_UNKNOWN, ARGUMENT_INVALID, and TOOLS_MISSING where an image from scratch
 * unpacks without `tools`
 * @example
 * ```ts
 * import { download, Image } from "layerwright";
 *
 * const sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
 * export const node = Image.from("debian:bookworm-slim")
 *   .with(download("https://example.org/node-v22.tar.gz", { sha256, strip: 1, dest: "/usr/local/" }));
 * export const tool = Image.scratch()
 *   .with(download("https://example.org/tool?v=1", { sha256, extract: true, dest: "/opt", tools: Image.from("alpine:3.20") }))
 *   .with(download("https://example.org/helper", { sha256, dest: "/usr/bin/helper", mode: 0o755 }));
 * ```
 */
export function download(url: string, options: DownloadOptions): Recipe {
  const call = beginCall("download");
  checkOptions(call, options ?? {}, OPTIONS);
  const checkedUrl = parseFetchUrl(call, url);
  const sha256 = parseChecksum(call, checkedUrl, options?.sha256);
  const { mode = 0o644, strip = 0, tools } = options;
  const dest = parseDestination(call, options.dest);
  const path = new URL(checkedUrl).pathname;
  checkFlag(call, "extract", options.extract);
  const format = FORMATS.find(([ending]) => ending.test(path))?.[1];
  const extract = options.extract ?? format !== undefined;
  parseMode(call, mode);
  checkUnpacking(call, extract, path, options);
  if (!extract) return (image) => image.add(checkedUrl, dest, { sha256, mode });
  const archive = Object.freeze<ImageNode>({
    base: { kind: "scratch" },
    steps: [add(checkedUrl, "/archive", { sha256 })],
    squash: "keep",
  });
  // As root: names, modes and links as in the archive, owners not.
  const unpacks = `tar -x${format ?? ""} -p -o -f /.download/archive -C /.unpacked`;
  const stripped = strip === 0 ? "" : ` --strip-components=${strip}`;
  const command = `${NEEDS_TAR}; mkdir /.unpacked && ${unpacks}${stripped}`;
  const mount = { type: "bind", target: "/.download", source: imageSource(call, archive, "/") } as const;
  return (image) => {
    const base = tools === undefined ? image.node.base : ({ kind: "image", image: tools.node } as const);
    if (startsEmpty(base)) refuse(call, "TOOLS_MISSING", { call: call.name, url: checkedUrl });
    const unpack = run(command, { network: "none", mounts: [mount] });
    const unpacked = Object.freeze<ImageNode>({ base, steps: [user(0), unpack], squash: "keep" });
    return image.copy(imageSource(call, unpacked, "/.unpacked"), dest.endsWith("/") ? dest : `${dest}/`);
  };
}

function checkUnpacking(call: Call, extract: boolean, path: string, options: DownloadOptions): void {
  const { strip, mode, tools } = options;
  const invalid = (option: string, got: unknown, allowed: string): never =>
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: option, got, allowed });
  if (strip !== undefined && !(Number.isInteger(strip) && strip >= 0 && strip <= 100)) {
    invalid("strip", strip, "a number of directories from 0 to 100");
  }
  if (tools !== undefined && !isImage(tools)) invalid("tools", tools, "an Image");
  if (extract && /\.zip$/i.test(path)) invalid("extract", true, "only for tar archives");
  if (extract && mode !== undefined) invalid("mode", mode, "only for a file that is not unpacked");
  if (!extract && strip !== undefined) invalid("strip", strip, "only for an archive that is unpacked");
  if (!extract && tools !== undefined) invalid("tools", tools, "only for an archive that is unpacked");
}

/** True when an image holds nothing that could unpack: it starts from scratch and only brings files. */
function startsEmpty(base: ImageNode["base"]): boolean {
  return base.kind === "scratch";
}
