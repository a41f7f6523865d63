import { PlanError } from "../errors/layerwright-error.js";
import type { Placing } from "./destination.js";
import type { LayerState } from "./draft-tree.js";
import { ElfError, type ElfProgram, machineName, readElf, runsOn } from "./read-elf.js";
import { openRange, type RangeReader } from "./read-node.js";
import { resolvePath } from "./resolve.js";
import type { FileNode, FolderNode } from "./tree.js";

/**
 * Proves that a program can start in an image: a Linux executable for the platform that is linked statically, or
 * whose loader and libraries the image has. Reads a few kB of it.
 */
export async function checkExecutable(state: ProgramGround, file: FileNode, placing: Placing): Promise<void> {
  checkProgram(state, await openRange(file), placing);
}

/** The platform and the files that a program is checked against. */
type ProgramGround = Pick<LayerState, "draft" | "platform" | "fromScratch">;

/** The same for a program that is open already; closes it. */
export function checkProgram(state: ProgramGround, reader: RangeReader, placing: Placing): void {
  const { source, origin } = placing;
  const context = { subject: source, origin };
  try {
    const program = readProgram(reader, placing);
    if (!runsOn(program.machine, state.platform)) {
      const expected = state.platform.architecture;
      throw new PlanError(
        "BINARY_WRONG_MACHINE",
        { source, found: machineName(program.machine), expected },
        context,
      );
    }
    const { interpreter, needed } = program;
    // A program in the form of a library that asks for no loader starts itself: static-pie.
    if (interpreter === undefined && needed.length === 0) return;
    const { tree } = state.draft;
    if (interpreter === undefined || resolvePath(tree, interpreter).node?.type !== "file") {
      const loader = interpreter ?? "a dynamic loader";
      throw new PlanError(
        "BINARY_DYNAMIC",
        { source, interpreter: loader, needed, scratch: state.fromScratch },
        context,
      );
    }
    const missing = missingLibraries(tree, program, interpreter);
    if (missing.length > 0) throw new PlanError("BINARY_LIBRARY_MISSING", { source, missing }, context);
  } finally {
    reader.close();
  }
}

function readProgram(reader: RangeReader, { source, origin }: Placing): ElfProgram {
  const context = { subject: source, origin };
  const start = reader.read(0, 256);
  if (start.toString("latin1", 0, 4) !== "\x7fELF") {
    const interpreter = shebangOf(start);
    if (interpreter !== undefined) throw new PlanError("BINARY_IS_SCRIPT", { source, interpreter }, context);
    throw new PlanError("BINARY_NOT_ELF", { source, found: formatOf(start) }, context);
  }
  try {
    return readElf(reader);
  } catch (error) {
    if (!(error instanceof ElfError)) throw error;
    throw new PlanError("BINARY_DAMAGED", { source, reason: error.message }, { ...context, cause: error });
  }
}

const LIBRARY_FOLDERS = [
  "lib",
  "usr/lib",
  "lib64",
  "usr/lib64",
  "usr/local/lib",
  "lib32",
  "usr/lib32",
  "libx32",
];

/**
 * The libraries that no usual directory has. A directory of `/etc/ld.so.conf` elsewhere is looked for by walking `lib`
 * one level down.
 */
function missingLibraries(tree: FolderNode, program: ElfProgram, interpreter: string): string[] {
  const folders = new Set<FolderNode>();
  const add = (path: string) => {
    const { node } = resolvePath(tree, path);
    if (node?.type === "folder") folders.add(node);
    return node;
  };
  add(interpreter.slice(0, interpreter.lastIndexOf("/")));
  for (const path of program.searched) if (path.startsWith("/")) add(path);
  for (const path of LIBRARY_FOLDERS) {
    const node = add(path);
    // Debian's multiarch directories (lib/x86_64-linux-gnu) and the like.
    if (node?.type !== "folder") continue;
    for (const child of node.children.values()) if (child.type === "folder") folders.add(child);
  }
  // $ORIGIN depends on where the program will be; such programs bring their own libraries.
  if (program.searched.some((path) => path.includes("$ORIGIN") || path.includes("${ORIGIN}"))) return [];
  const has = (name: string) => [...folders].some((folder) => folder.children.has(name));
  // musl's loader is its C library, under another name.
  const isLoader = (name: string) =>
    interpreter.endsWith(`/${name}`) || (name.startsWith("libc.musl-") && /ld-musl-/.test(interpreter));
  return program.needed.filter((name) => !isLoader(name) && !(name.startsWith("/") ? add(name) : has(name)));
}

/** True when a file is a program that needs nothing of the image it runs in. What is no program at all is none either. */
export async function isStatic(file: FileNode): Promise<boolean> {
  try {
    const reader = await openRange(file);
    try {
      const { interpreter, needed } = readElf(reader);
      return interpreter === undefined && needed.length === 0;
    } finally {
      reader.close();
    }
  } catch {
    return false;
  }
}

/** The interpreter of a script's first line (`#!`), or undefined when it is no script. */
function shebangOf(start: Buffer): string | undefined {
  if (start.toString("latin1", 0, 2) !== "#!") return undefined;
  const line = start.toString("utf8", 2).split("\n")[0] ?? "";
  const words = line.trim().split(/[ \t]+/);
  // `/usr/bin/env node` needs node; env is everywhere that node is.
  const named = /(^|\/)env$/.test(words[0] ?? "")
    ? words.slice(1).find((word) => !word.startsWith("-"))
    : words[0];
  return (named ?? words[0] ?? "").slice(0, 200);
}

/** The format that a file shows that is no ELF file. */
function formatOf(start: Buffer): string {
  if (start.length === 0) return "an empty file";
  const hex = start.toString("hex", 0, 4);
  if (["feedface", "feedfacf", "cefaedfe", "cffaedfe"].includes(hex)) return "a macOS program (Mach-O)";
  if (hex === "cafebabe") return "a macOS universal program or a Java class";
  if (hex.startsWith("4d5a")) return "a Windows program (PE)";
  if (hex === "0061736d") return "a WebAssembly module";
  if (hex.startsWith("1f8b")) return "a gzip file";
  if (hex === "504b0304") return "a zip file";
  const shown = start.toString("hex", 0, 8).match(/../g)?.join(" ");
  return `a file that starts with the bytes ${shown}`;
}
