import type { Platform } from "../oci/platform.js";
import type { RangeReader } from "./read-node.js";

/** The parts of a program that its loader reads. */
export interface ElfProgram {
  readonly machine: Machine;
  /** The dynamic loader (PT_INTERP), where the program asks for one. */
  readonly interpreter: string | undefined;
  /** Libraries by soname (DT_NEEDED). */
  readonly needed: readonly string[];
  /** Directories that the program itself says to look in (DT_RPATH, DT_RUNPATH). */
  readonly searched: readonly string[];
}

/** An ELF file that breaks its own format; `message` says how. */
export class ElfError extends Error {}

const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_INTERP = 3;
const DT_NEEDED = 1;
const DT_STRTAB = 5;
const DT_STRSZ = 10;
const DT_RPATH = 15;
const DT_RUNPATH = 29;

// Real programs have a dozen headers, some hundred entries and short names; more would only be read to hurt.
const MAX_HEADERS = 512;
const MAX_DYNAMIC_BYTES = 1 << 20;
const MAX_NAME = 4096;
const MAX_NEEDED = 4096;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: number;
  readonly fileSize: number;
}

/** Reads the headers of an ELF file (System V ABI, chapters 4 and 5). Throws `ElfError`; reads a few kB at most. */
export function readElf(reader: RangeReader): ElfProgram {
  const ident = reader.read(0, 64);
  if (ident.length < 52) throw new ElfError(`it ends after ${ident.length} bytes, inside its header`);
  const machine = readMachine(ident);
  if (machine.bits === 64 && ident.length < 64) throw new ElfError("it ends inside its header");
  const type = uint(ident, 16, 2, machine);
  if (type !== 2 && type !== 3) throw new ElfError(`it is of type ${type}, which is no program`);
  const segments = readSegments(reader, ident, machine);
  const interp = segments.find((segment) => segment.type === PT_INTERP);
  const interpreter =
    interp && readText(reader, interp.offset, Math.min(interp.fileSize, MAX_NAME), "the interpreter");
  return { machine, interpreter, ...readDynamic(reader, machine, segments) };
}

function readMachine(ident: Buffer): Machine {
  const [bits, order] = [ident[4], ident[5]];
  if (bits !== 1 && bits !== 2) throw new ElfError(`its class is ${bits}`);
  if (order !== 1 && order !== 2) throw new ElfError(`its byte order is ${order}`);
  const littleEndian = order === 1;
  const machine = littleEndian ? ident.readUInt16LE(18) : ident.readUInt16BE(18);
  return { machine, bits: bits === 2 ? 64 : 32, littleEndian };
}

function readSegments(reader: RangeReader, header: Buffer, machine: Machine): Segment[] {
  const wide = machine.bits === 64;
  const start = uint(header, wide ? 32 : 28, wide ? 8 : 4, machine);
  const entrySize = uint(header, wide ? 54 : 42, 2, machine);
  const count = uint(header, wide ? 56 : 44, 2, machine);
  if (count === 0) throw new ElfError("it has no program headers");
  if (count > MAX_HEADERS) throw new ElfError(`it names ${count} program headers`);
  if (entrySize < (wide ? 56 : 32) || entrySize > 1024)
    throw new ElfError(`its program headers have ${entrySize} bytes`);
  const table = exactly(reader, start, count * entrySize, "the program headers");
  const segments: Segment[] = [];
  for (let index = 0; index < count; index++) {
    const at = index * entrySize;
    segments.push({
      type: uint(table, at, 4, machine),
      offset: wide ? uint(table, at + 8, 8, machine) : uint(table, at + 4, 4, machine),
      address: wide ? uint(table, at + 16, 8, machine) : uint(table, at + 8, 4, machine),
      fileSize: wide ? uint(table, at + 32, 8, machine) : uint(table, at + 16, 4, machine),
    });
  }
  return segments;
}

function readDynamic(
  reader: RangeReader,
  machine: Machine,
  segments: readonly Segment[],
): Pick<ElfProgram, "needed" | "searched"> {
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC);
  if (dynamic === undefined) return { needed: [], searched: [] };
  if (dynamic.fileSize > MAX_DYNAMIC_BYTES)
    throw new ElfError(`its dynamic section has ${dynamic.fileSize} bytes`);
  const table = exactly(reader, dynamic.offset, dynamic.fileSize, "the dynamic section");
  const word = machine.bits / 8;
  const needed: number[] = [];
  const paths: number[] = [];
  let strings: number | undefined;
  let stringsSize = Number.POSITIVE_INFINITY;
  for (let at = 0; at + 2 * word <= table.length; at += 2 * word) {
    const tag = uint(table, at, word, machine);
    if (tag === 0) break;
    if (tag === DT_NEEDED) needed.push(uint(table, at + word, word, machine));
    else if (tag === DT_RPATH || tag === DT_RUNPATH) paths.push(uint(table, at + word, word, machine));
    else if (tag === DT_STRTAB) strings = uint(table, at + word, word, machine);
    else if (tag === DT_STRSZ) stringsSize = uint(table, at + word, word, machine);
  }
  if (needed.length > MAX_NEEDED) throw new ElfError(`it needs ${needed.length} libraries`);
  if (needed.length + paths.length === 0) return { needed: [], searched: [] };
  if (strings === undefined) throw new ElfError("its dynamic section has no string table");
  const base = fileOffset(strings, segments);
  const text = (offset: number): string => {
    if (offset >= stringsSize) throw new ElfError("a name lies outside of its string table");
    return readText(reader, base + offset, Math.min(MAX_NAME, stringsSize - offset), "a library");
  };
  return { needed: needed.map(text), searched: paths.flatMap((offset) => text(offset).split(":")) };
}

/** The offset in the file of an address of the running program. */
function fileOffset(address: number, segments: readonly Segment[]): number {
  for (const segment of segments) {
    if (segment.type !== PT_LOAD) continue;
    if (address >= segment.address && address < segment.address + segment.fileSize) {
      return segment.offset + (address - segment.address);
    }
  }
  throw new ElfError("its string table is in no segment");
}

function readText(reader: RangeReader, offset: number, limit: number, what: string): string {
  const bytes = reader.read(offset, limit);
  const end = bytes.indexOf(0);
  if (end <= 0)
    throw new ElfError(`the name of ${what} at byte ${offset} is ${end === 0 ? "empty" : "not ended"}`);
  return bytes.toString("utf8", 0, end);
}

function exactly(reader: RangeReader, offset: number, length: number, what: string): Buffer {
  const bytes = reader.read(offset, length);
  if (bytes.length !== length) throw new ElfError(`it ends inside ${what}`);
  return bytes;
}

/** An unsigned number; offsets beyond what a number holds exactly are beyond every file as well. */
function uint(bytes: Buffer, at: number, size: 2 | 4 | 8 | number, { littleEndian }: Machine): number {
  if (size === 2) return littleEndian ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at);
  if (size === 4) return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
  return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
}

/** The processor that an ELF header names. */
interface Machine {
  readonly machine: number;
  readonly bits: 32 | 64;
  readonly littleEndian: boolean;
}

/** Processors by Go's names: `e_machine`, word size, byte order (System V ABI, and the supplements). */
const MACHINES: Readonly<Record<string, Machine>> = {
  amd64: { machine: 62, bits: 64, littleEndian: true },
  arm64: { machine: 183, bits: 64, littleEndian: true },
  arm: { machine: 40, bits: 32, littleEndian: true },
  "386": { machine: 3, bits: 32, littleEndian: true },
  riscv64: { machine: 243, bits: 64, littleEndian: true },
  ppc64le: { machine: 21, bits: 64, littleEndian: true },
  s390x: { machine: 22, bits: 64, littleEndian: false },
  mips64le: { machine: 8, bits: 64, littleEndian: true },
  loong64: { machine: 258, bits: 64, littleEndian: true },
};

/** The name of a processor as platforms have it, or its number where that is no processor of ours. */
export function machineName(found: Machine): string {
  for (const [name, known] of Object.entries(MACHINES)) if (sameMachine(known, found)) return name;
  if (found.machine === 21) return "ppc64 (big endian)";
  if (found.machine === 20) return "ppc (32 bits)";
  if (found.machine === 8)
    return `mips (${found.bits} bits, ${found.littleEndian ? "little" : "big"} endian)`;
  return `the processor with ELF number ${found.machine} (${found.bits} bits)`;
}

/** True when a program for this processor runs on a platform; true for a platform that is not in the table. */
export function runsOn(found: Machine, platform: Platform): boolean {
  const wanted = Object.hasOwn(MACHINES, platform.architecture) ? MACHINES[platform.architecture] : undefined;
  return wanted === undefined || sameMachine(wanted, found);
}

function sameMachine(left: Machine, right: Machine): boolean {
  return (
    left.machine === right.machine && left.bits === right.bits && left.littleEndian === right.littleEndian
  );
}

/** The first bytes of a program for a platform, up to its processor; `type` is `e_type`: 2 a program, 3 a library. */
export function programStart({ architecture }: Platform, type: 2 | 3): Uint8Array | undefined {
  const machine = Object.hasOwn(MACHINES, architecture) ? MACHINES[architecture] : undefined;
  if (machine === undefined) return undefined;
  const start = Buffer.alloc(20);
  start.set([0x7f, 0x45, 0x4c, 0x46, machine.bits / 32, machine.littleEndian ? 1 : 2, 1]);
  for (const [at, value] of [
    [16, type],
    [18, machine.machine],
  ] as const) {
    if (machine.littleEndian) start.writeUInt16LE(value, at);
    else start.writeUInt16BE(value, at);
  }
  return start;
}
