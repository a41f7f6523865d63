import { EnvironmentError } from "../../errors/layerwright-error.js";
import { asRoot, type HostTools } from "./host-tools.js";
import { runProgram } from "./run-program.js";

const ATTRIBUTES = ["--xattrs", "--xattrs-include=*"];

/** Unpacks a tar into a folder: owners, modes, devices and extended attributes as they stand in it. */
export async function unpackTar(
  tools: HostTools,
  tar: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  folder: string,
): Promise<void> {
  const command = [tools.tar, "-x", "-p", "-f", "-", "--same-owner", "--numeric-owner", ...ATTRIBUTES];
  const { code, said } = await runProgram([...asRoot(tools), ...command, "-C", folder], { input: tar });
  if (code !== 0) throw failed("unpack a root file system", said);
}

/**
 * Packs a folder, names in byte order. Times are whole seconds: a header more for every file is half of a layer of
 * small files.
 */
export async function packTar(
  tools: HostTools,
  folder: string,
  sink: (chunk: Uint8Array) => void,
  names?: readonly string[],
): Promise<void> {
  const command = [
    tools.tar,
    "-c",
    "-f",
    "-",
    "--format=posix",
    "--pax-option=delete=atime,delete=ctime,delete=mtime",
    "--numeric-owner",
    "--sort=name",
    "--warning=no-file-ignored",
    ...ATTRIBUTES,
    "-C",
    folder,
  ];
  const listed =
    names === undefined ? ["."] : ["--null", "--no-recursion", "--verbatim-files-from", "-T", "-"];
  // One character a byte, as they were listed: names need not be UTF-8.
  const list =
    names === undefined ? undefined : Buffer.from(names.map((name) => `${name}\0`).join(""), "latin1");
  const input = list === undefined ? undefined : [list];
  const streams = input === undefined ? { sink } : { sink, input };
  const { code, said } = await runProgram([...asRoot(tools), ...command, ...listed], streams);
  if (code !== 0) throw failed("read what the command changed", said);
}

function failed(what: string, said: string): EnvironmentError<"SANDBOX_FAILED"> {
  const reason = said.split("\n").at(-1) ?? "";
  return new EnvironmentError("SANDBOX_FAILED", { what, reason }, { subject: what });
}
