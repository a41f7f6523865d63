import { BLOCK, field } from "./ustar-layout.js";

/** The values of one ustar header; each number fits its octal field and each text its field. */
export interface UstarFields {
  readonly name: string | Uint8Array;
  readonly prefix: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: number;
  readonly linkname: string | Uint8Array;
  readonly devmajor: number;
  readonly devminor: number;
}

const template = makeTemplate();

/**
 * Writes one 512-byte ustar header at `offset`. Numbers are zero-filled octal with a NUL, owner names are empty and
 * the device fields are filled for every type, so that equal entries always have equal bytes (POSIX.1-2017 pax).
 */
export function writeUstarHeader(target: Buffer, offset: number, fields: UstarFields): void {
  target.set(template, offset);
  writeText(target, offset + field.name, fields.name);
  if (fields.prefix !== "") target.write(fields.prefix, offset + field.prefix, "latin1");
  writeOctal(target, offset + field.mode, 7, fields.mode);
  writeOctal(target, offset + field.uid, 7, fields.uid);
  writeOctal(target, offset + field.gid, 7, fields.gid);
  writeOctal(target, offset + field.size, 11, fields.size);
  writeOctal(target, offset + field.mtime, 11, fields.mtime);
  target[offset + field.type] = fields.type;
  if (fields.linkname.length > 0) writeText(target, offset + field.linkname, fields.linkname);
  if (fields.devmajor !== 0) writeOctal(target, offset + field.devmajor, 7, fields.devmajor);
  if (fields.devminor !== 0) writeOctal(target, offset + field.devminor, 7, fields.devminor);
  let sum = 0;
  for (let index = offset; index < offset + BLOCK; index++) sum += target[index]!;
  // Six digits, NUL, space: the form every historic reader takes. The template holds the eight spaces it is summed with.
  writeOctal(target, offset + field.checksum, 6, sum);
  target[offset + field.checksum + 6] = 0;
}

function writeText(target: Buffer, offset: number, text: string | Uint8Array): void {
  if (typeof text === "string") target.write(text, offset, "latin1");
  else target.set(text, offset);
}

function writeOctal(target: Buffer, offset: number, digits: number, value: number): void {
  let rest = value;
  for (let index = offset + digits - 1; index >= offset; index--) {
    const higher = Math.floor(rest / 8);
    target[index] = 0x30 + (rest - higher * 8);
    rest = higher;
  }
}

function makeTemplate(): Buffer {
  const header = Buffer.alloc(BLOCK);
  header.write("ustar\x0000", field.magic, "latin1");
  header.fill(0x20, field.checksum, field.checksum + 8);
  header.fill(0x30, field.devmajor, field.devmajor + 7);
  header.fill(0x30, field.devminor, field.devminor + 7);
  return header;
}
