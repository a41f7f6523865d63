import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where the kernel shows what it runs by an interpreter. */
const FOLDER = "/proc/sys/fs/binfmt_misc";

/** What the kernel does with programs that begin in some way (kernel: admin-guide/binfmt-misc). */
export interface BinfmtEntry {
  readonly offset: number;
  readonly magic: Uint8Array;
  readonly mask: Uint8Array;
  /** True when the interpreter was opened when it was registered, so that it is there in any root file system. */
  readonly everywhere: boolean;
}

/** Reads an entry as the kernel shows it; undefined when it is switched off, or is about the endings of names. */
export function parseBinfmt(text: string): BinfmtEntry | undefined {
  const [state, ...lines] = text.split("\n");
  const fields = new Map(
    lines.map((line) => {
      const [, name = "", value = ""] = /^(\w+):? ?(.*)$/.exec(line) ?? [];
      return [name, value];
    }),
  );
  const magic = bytesOf(fields.get("magic"));
  if (state !== "enabled" || magic === undefined || magic.length === 0) return undefined;
  return {
    offset: Number(fields.get("offset") ?? 0),
    magic,
    mask: bytesOf(fields.get("mask")) ?? magic.map(() => 0xff),
    everywhere: fields.get("flags")?.includes("F") === true,
  };
}

function bytesOf(hex: string | undefined): Uint8Array | undefined {
  return hex === undefined ? undefined : Uint8Array.from(Buffer.from(hex, "hex"));
}

/** True when the kernel gives a program that begins so to an interpreter which is there in every root file system. */
export function isInterpreted(start: Uint8Array, folder: string = FOLDER): boolean {
  return entriesOf(folder).some(
    ({ everywhere, offset, magic, mask }) =>
      everywhere &&
      magic.every((byte, at) => ((byte ^ (start[offset + at] ?? 0)) & (mask[at] ?? 0xff)) === 0),
  );
}

function entriesOf(folder: string): BinfmtEntry[] {
  try {
    return readdirSync(folder).flatMap((name) => {
      if (name === "register" || name === "status") return [];
      return parseBinfmt(readFileSync(join(folder, name), "utf8")) ?? [];
    });
  } catch {
    // Not mounted, or not for us to see: then there is none as far as we know.
    return [];
  }
}
