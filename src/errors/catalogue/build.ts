import { sizeText } from "../../core/size.js";

/** Messages: plans that the direct build cannot carry out. */
export const engineMessages = {
  STAGE_UNKNOWN: (p: { stage: string }) => ({
    message: `the plan refers to the stage ${JSON.stringify(p.stage)}, which no earlier stage has`,
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
    message: `the source image does not have ${p.path}`,
    hint: p.similar === undefined ? "correct the path given to .path()" : `did you mean ${p.similar}?`,
  }),
  DEST_IS_FOLDER: (p: { source: string; dest: string }) => ({
    message: `${p.dest} is a directory of the image, so ${p.source} cannot replace it`,
    hint: `write "${p.dest}/" to copy into it, or name the file`,
  }),
  DEST_NOT_FOLDER: (p: { source: string; dest: string; found: string }) => ({
    message: `${p.dest} is a ${p.found} of the image, so ${p.source} cannot go below it`,
    hint: "remove it in an earlier step, or choose another destination",
  }),
  DEST_IS_ROOT: (p: { step: string }) => ({
    message: `${p.step}: the root directory of an image cannot be removed or replaced`,
    hint: "name a path below it",
  }),
  OWNER_UNKNOWN: (p: { name: string; kind: "user" | "group"; file: string; known: readonly string[] }) => ({
    message: `the image has no ${p.kind} ${JSON.stringify(p.name)}: ${knownText(p.file, p.known)}`,
    hint: `add the ${p.kind} in an earlier step, or give a number such as 1000`,
  }),
  ADD_DIGEST_WRONG: (p: { url: string; expected: string; found: string; size: number }) => ({
    message: `${p.url} must have sha256 ${p.expected}, got ${p.found} (${sizeText(p.size)})`,
    hint: "the file changed after the description was written; check it, then correct sha256",
  }),
  DOWNLOAD_FAILED: (p: { url: string; reason: string }) => ({
    message: `${p.url} cannot be fetched: ${p.reason}`,
    hint: "check the address, your network and the proxy variables (HTTPS_PROXY, NO_PROXY)",
  }),
  BINARY_NOT_FILE: (p: { source: string; found: string }) => ({
    message: `binary: the source must be one executable file, got ${p.source}, a ${p.found}`,
    hint: "name the file itself; use copy for directories",
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
    message: `binary: ${p.source} must be built for ${p.expected}, got ${p.found}`,
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
    message: `binary: ${p.source} needs ${p.missing.join(", ")}, which no library directory of this image has`,
    hint: "install its package in an earlier step, or link the program statically",
  }),
  BINARY_DAMAGED: (p: { source: string; reason: string }) => ({
    message: `binary: the ELF file ${p.source} is damaged: ${p.reason}`,
    hint: "build it again; the file may be truncated",
  }),
  EPOCH_INVALID: (p: { got: string }) => ({
    message: `SOURCE_DATE_EPOCH must be whole seconds from 0 to 8589934591, got ${JSON.stringify(p.got.slice(0, 40))}`,
    hint: "set it to digits only, for example `git log -1 --format=%ct`, or leave it unset",
  }),
};

function knownText(file: string, known: readonly string[]): string {
  if (known.length === 0) return `it has no ${file}`;
  const shown = known.slice(0, 8).join(", ");
  return `${file} names ${shown}${known.length > 8 ? ` and ${known.length - 8} more` : ""}`;
}

/** Messages: the commands of an image. */
export const runMessages = {
  RUN_NEEDS_SANDBOX: (p: { command: string; count: number; missing: readonly string[] }) => ({
    message: `this machine cannot run the image's commands (${JSON.stringify(p.command)}${p.count > 1 ? ` and ${p.count - 1} more` : ""}): missing: ${p.missing.join("; ")}`,
    hint: "install runc or crun with util-linux and GNU tar on Linux, or build the Dockerfile: `layerwright synth`, then `docker build`",
  }),
  NO_SHELL: (p: { command: string; shell: string }) => ({
    message: `the command ${JSON.stringify(p.command)} needs the shell ${p.shell}, and the image has none`,
    hint: "start from a base with a shell, copy one in first, or write the command as an array: program and arguments",
  }),
  ARGUMENT_TOO_LONG: (p: { what: string; bytes: number; most: number }) => ({
    message: `${p.what} must be at most ${p.most} bytes, got ${p.bytes}: the limit of Linux for one argument or variable`,
    hint: "write the text to a file of the image, and read it in the command",
  }),
  RUN_FAILED: (p: {
    command: string;
    exitCode: number;
    output: readonly string[];
    removed?: { manager: string; command: string; place: string };
  }) => ({
    message: `${JSON.stringify(p.command)} ended with exit code ${p.exitCode}${lastLines(p.output)}`,
    hint: p.removed === undefined ? exitHint(p.exitCode) : removedHint(p.removed),
  }),
  RUN_TIMED_OUT: (p: { command: string; seconds: number; output: readonly string[] }) => ({
    message: `${JSON.stringify(p.command)} was stopped after ${p.seconds} s${lastLines(p.output)}`,
    hint: "give the run step a longer timeout, or find out what it waits for",
  }),
  RUN_NAME_RESERVED: (p: { path: string }) => ({
    message: `a command made /${p.path}, but names that start with ".wh." mark removed files in a layer`,
    hint: "give the file another name, or remove it in the same step",
  }),
  SANDBOX_FAILED: (p: { what: string; reason: string }) => ({
    message: `the sandbox failed to ${p.what}${p.reason === "" ? "" : `: ${p.reason}`}`,
    hint: "run `layerwright doctor` to see what this machine can do, or build the Dockerfile instead",
  }),
  SANDBOX_TARGET: (p: { what: string; reason: string }) => ({
    message: `a command cannot run in this image: ${p.what} cannot be used, because ${p.reason}`,
    hint: "use another base, remove that path in an earlier step, or name another path",
  }),
  ACCOUNT_INVALID: (p: { kind: "user" | "group"; name: string; file: string; id: string; most: number }) => ({
    message: `the id of the ${p.kind} of ${JSON.stringify(p.name)} must be a number from 0 to ${p.most}, got ${JSON.stringify(p.id)} (${p.file} of the image)`,
    hint: "correct the file in an earlier step, or name the user by a number",
  }),
  RUN_ENV_INVALID: (p: { name: string; reason: string }) => ({
    message: `the image's variable ${JSON.stringify(p.name)} cannot be given to a command: ${p.reason}`,
    hint: "set the variable again before the command, or use another base",
  }),
  HOST_TOOL_MISSING: (p: { program: string }) => ({
    message: `hostRun: this machine has no ${JSON.stringify(p.program)}, which hostRun must run`,
    hint: `install ${p.program} here (the image does not need it), or name the program by its path`,
  }),
  HOST_LAYER_MISSING: (p: { step: string }) => ({
    message: `${p.step}: a Dockerfile adds the output of host tools, which have not run yet`,
    hint: "use synth, which runs them and writes their layer next to the Dockerfile",
  }),
  HOST_FUNCTION_ELSEWHERE: (_: undefined) => ({
    message: "hostRun: this function belongs to another process and cannot be called here",
    hint: "write the command as an array, or build the image in the script that describes it: build(image, ...)",
  }),
  SECRET_UNREADABLE: (p: { id: string; reason: string }) => ({
    message: `the secret ${JSON.stringify(p.id)} cannot be read: ${p.reason}`,
    hint: "name a file that you can read, or set the variable for the build",
  }),
  SECRET_MISSING: (p: { id: string }) => ({
    message: `a run step needs the secret ${JSON.stringify(p.id)}, which was not passed`,
    hint: `pass it to the build: --secret id=${p.id},src=FILE or --secret id=${p.id},env=NAME`,
  }),
};

function lastLines(output: readonly string[]): string {
  return output.length === 0 ? "" : `; its last output:\n${output.map((line) => `  | ${line}`).join("\n")}`;
}

function removedHint(removed: { manager: string; command: string; place: string }): string {
  const { manager, command, place } = removed;
  const step = `${JSON.stringify(command)}${place === "" ? "" : ` (${place})`}`;
  return `clean-in-layer removed what ${manager} downloaded at the end of ${step}: if this command needs it, set keepLeftovers on that step, or fetch it again here`;
}

function exitHint(exitCode: number): string {
  if (exitCode === 126) return "the program exists but cannot be executed: check its mode and format";
  if (exitCode === 127)
    return "the shell did not find the program: install it in an earlier step, or correct PATH";
  if (exitCode === 137) return "it was killed, perhaps because memory ran out";
  return "to see more, run the command by hand in the image of the previous step";
}
