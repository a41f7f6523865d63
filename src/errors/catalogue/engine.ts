import { sizeText } from "../../core/size.js";
import type { MessageArea } from "../message.js";

/** What the direct build cannot make of a plan. */
export const engineMessages = {
  STAGE_UNKNOWN: (p: { stage: string }) => ({
    message: `the plan refers to the stage ${JSON.stringify(p.stage)}, which it does not hold above this place`,
    hint: "plan the image again with this version of layerwright",
  }),
  PATH_NOT_FOUND: (p: { path: string; step: string; similar?: string | undefined }) => ({
    message: `${p.step}: ${p.path} does not exist in the image at this step`,
    hint:
      p.similar === undefined
        ? "copy or write the path in an earlier step, or correct it"
        : `did you mean ${p.similar}? A path has to come from an earlier step or the base`,
  }),
  STAGE_PATH_NOT_FOUND: (p: { path: string; similar?: string | undefined }) => ({
    message: `the image that is copied from does not have ${p.path}`,
    hint: p.similar === undefined ? "correct the path given to .path()" : `did you mean ${p.similar}?`,
  }),
  DEST_IS_FOLDER: (p: { source: string; dest: string }) => ({
    message: `${p.dest} is a folder of the image, so ${p.source} cannot become that file`,
    hint: `write "${p.dest}/" to copy into it, or name the file`,
  }),
  DEST_NOT_FOLDER: (p: { source: string; dest: string; found: string }) => ({
    message: `${p.dest} is a ${p.found} of the image, so ${p.source} cannot go below it`,
    hint: "remove it in an earlier step, or choose another destination",
  }),
  DEST_IS_ROOT: (p: { step: string }) => ({
    message: `${p.step}: the root folder of an image cannot be removed or replaced`,
    hint: "name a path below it",
  }),
  OWNER_UNKNOWN: (p: { name: string; kind: "user" | "group"; file: string; known: readonly string[] }) => ({
    message: `the image has no ${p.kind} ${JSON.stringify(p.name)}: ${knownText(p.file, p.known)}`,
    hint: `add the ${p.kind} in an earlier step, or give a number such as 1000`,
  }),
  ADD_DIGEST_WRONG: (p: { url: string; expected: string; found: string; size: number }) => ({
    message: `${p.url} has sha256 ${p.found} (${sizeText(p.size)}), expected is ${p.expected}`,
    hint: "the file was replaced since the description was written; check it, then correct sha256",
  }),
  DOWNLOAD_FAILED: (p: { url: string; reason: string }) => ({
    message: `${p.url} cannot be fetched: ${p.reason}`,
    hint: "check the address, your network and the proxy variables (HTTPS_PROXY, NO_PROXY)",
  }),
  BINARY_NOT_FILE: (p: { source: string; found: string }) => ({
    message: `binary: ${p.source} is a ${p.found}, allowed is one executable file`,
    hint: "name the file itself; use copy for folders",
  }),
  BINARY_NOT_ELF: (p: { source: string; found: string }) => ({
    message: `binary: ${p.source} is not a Linux executable but ${p.found}`,
    hint: "compile it for Linux (GOOS=linux, --target x86_64-unknown-linux-musl), or use copy if it is not a program",
  }),
  BINARY_IS_SCRIPT: (p: { source: string; interpreter: string }) => ({
    message: `binary: ${p.source} is a script that needs ${p.interpreter || "an interpreter"}`,
    hint: "use copy with mode 0o755 on a base that has the interpreter",
  }),
  BINARY_WRONG_MACHINE: (p: { source: string; found: string; expected: string }) => ({
    message: `binary: ${p.source} is built for ${p.found}, this image is for ${p.expected}`,
    hint: "build it for the platform of the image, or build the image with the other platform",
  }),
  BINARY_DYNAMIC: (p: {
    source: string;
    interpreter: string;
    needed: readonly string[];
    scratch: boolean;
  }) => ({
    message: `binary: ${p.source} is dynamically linked and needs ${p.interpreter}${p.needed.length === 0 ? "" : ` with ${p.needed.join(", ")}`}, which ${p.scratch ? "an image from scratch" : "this image"} does not have`,
    hint: "link it statically (CGO_ENABLED=0, -static, a musl target), or start from a base with that C library",
  }),
  BINARY_LIBRARY_MISSING: (p: { source: string; missing: readonly string[] }) => ({
    message: `binary: ${p.source} needs ${p.missing.join(", ")}, which no library folder of this image has`,
    hint: "install the package that brings it in an earlier step, or link the program statically",
  }),
  BINARY_DAMAGED: (p: { source: string; reason: string }) => ({
    message: `binary: the ELF file ${p.source} is damaged: ${p.reason}`,
    hint: "build it again; a copy that was cut short looks like this",
  }),
  EPOCH_INVALID: (p: { got: string }) => ({
    message: `SOURCE_DATE_EPOCH is ${JSON.stringify(p.got.slice(0, 40))}, allowed are whole seconds from 0 to 8589934591`,
    hint: "set it to digits only, for example `git log -1 --format=%ct`, or leave it unset",
  }),
} satisfies MessageArea;

function knownText(file: string, known: readonly string[]): string {
  if (known.length === 0) return `it has no ${file}`;
  const shown = known.slice(0, 8).join(", ");
  return `${file} names ${shown}${known.length > 8 ? ` and ${known.length - 8} more` : ""}`;
}
