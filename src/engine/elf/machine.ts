import type { Platform } from "../../oci/platform.js";

/** What an ELF header says of the processor. */
export interface Machine {
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
