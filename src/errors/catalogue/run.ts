import type { MessageArea } from "../message.js";

/** What goes wrong around the commands of an image. */
export const runMessages = {
  RUN_NEEDS_SANDBOX: (p: { command: string; count: number; missing: readonly string[] }) => ({
    message: `this machine cannot run the image's commands (${JSON.stringify(p.command)}${p.count > 1 ? ` and ${p.count - 1} more` : ""}): looked for and not found: ${p.missing.join("; ")}`,
    hint: "install runc or crun with util-linux and GNU tar on Linux, or build the Dockerfile: `layerwright synth`, then `docker build`",
  }),
  NO_SHELL: (p: { command: string; shell: string }) => ({
    message: `the command ${JSON.stringify(p.command)} needs the shell ${p.shell}, and the image has none`,
    hint: "start from a base with a shell, copy one in before, or write the command as an array of program and arguments",
  }),
  ARGUMENT_TOO_LONG: (p: { what: string; bytes: number; most: number }) => ({
    message: `${p.what} must be at most ${p.most} bytes, got ${p.bytes}: Linux starts no program with a longer one`,
    hint: "write the text to a file of the image, and let the command read that",
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
    message: `a command made /${p.path}, whose name starts with ".wh.", which in a layer means that a file is removed`,
    hint: "give the file another name, or remove it in the same step",
  }),
  SANDBOX_FAILED: (p: { what: string; reason: string }) => ({
    message: `the sandbox failed to ${p.what}${p.reason === "" ? "" : `: ${p.reason}`}`,
    hint: "`layerwright doctor` says what this machine can do; the Dockerfile can be built instead",
  }),
  SANDBOX_TARGET: (p: { what: string; reason: string }) => ({
    message: `a command cannot run in this image: ${p.what} cannot be used, because ${p.reason}`,
    hint: "take another base, remove what stands there in an earlier step, or name another path",
  }),
  ACCOUNT_INVALID: (p: { kind: "user" | "group"; name: string; file: string; id: string; most: number }) => ({
    message: `the id of the ${p.kind} of ${JSON.stringify(p.name)} must be a number from 0 to ${p.most}, got ${JSON.stringify(p.id)} (${p.file} of the image)`,
    hint: "correct the file in an earlier step, or name the user by a number",
  }),
  RUN_ENV_INVALID: (p: { name: string; reason: string }) => ({
    message: `the image's variable ${JSON.stringify(p.name)} cannot be given to a command: ${p.reason}`,
    hint: "set the variable anew before the command, or take another base",
  }),
  HOST_TOOL_MISSING: (p: { program: string }) => ({
    message: `hostRun: this machine has no ${JSON.stringify(p.program)}, which is to fill the image`,
    hint: `install ${p.program} here (the image does not need it), or name the program by its path`,
  }),
  HOST_LAYER_MISSING: (p: { step: string }) => ({
    message: `${p.step}: a Dockerfile adds what the host's tools made, and they have not run`,
    hint: "use synth, which runs them and writes their layer beside the Dockerfile",
  }),
  HOST_FUNCTION_ELSEWHERE: (_: undefined) => ({
    message: "hostRun: this function was written in another process, so it cannot be called here",
    hint: "write the command as an array, or build the image in the script that describes it: build(image, ...)",
  }),
  SECRET_UNREADABLE: (p: { id: string; reason: string }) => ({
    message: `the secret ${JSON.stringify(p.id)} cannot be read: ${p.reason}`,
    hint: "name a file that you can read, or set the variable for the build",
  }),
  SECRET_MISSING: (p: { id: string }) => ({
    message: `a run step needs the secret ${JSON.stringify(p.id)}, and it was not passed`,
    hint: `pass it to the build: --secret id=${p.id},src=FILE or --secret id=${p.id},env=NAME`,
  }),
} satisfies MessageArea;

function lastLines(output: readonly string[]): string {
  return output.length === 0 ? "" : `; its last output:\n${output.map((line) => `  | ${line}`).join("\n")}`;
}

function removedHint(removed: { manager: string; command: string; place: string }): string {
  const { manager, command, place } = removed;
  const step = `${JSON.stringify(command)}${place === "" ? "" : ` (${place})`}`;
  return `clean-in-layer removed what ${manager} downloaded at the end of ${step}: if this command needs it, give that step keepLeftovers, or fetch it anew here`;
}

function exitHint(exitCode: number): string {
  if (exitCode === 126) return "the program is there but cannot be executed: look at its mode and format";
  if (exitCode === 127)
    return "the shell did not find the program: install it in an earlier step, or correct PATH";
  if (exitCode === 137) return "it was killed, as happens when memory runs out";
  return "run the command by hand in the image of the step before to see more";
}
