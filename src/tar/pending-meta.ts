import { pathFromBytes } from "../core/bytes.js";
import { type PaxRecords, parsePaxRecords } from "./pax-records.js";

/** Largest extended header that is read, in bytes; a larger one is an attack or damage. */
export const MAX_META = 1 << 20;

/**
 * The facts that the extended headers before an entry give. Readers differ in what a second one, or one of PAX beside one
 * of GNU, does to the first, and no writer makes such pairs: they are refused.
 */
export class PendingMeta {
  longName: string | undefined;
  longLink: string | undefined;
  pax: PaxRecords | undefined;
  /** Offset of the first extended header, or -1 when there is none. */
  start = -1;

  /** Takes the body of an extended header; gives back in words what is wrong with it. */
  add(type: number, body: Uint8Array): string | undefined {
    if (this.pax !== undefined)
      return "an extended header follows a PAX header, which must be before its entry";
    switch (type) {
      case GNU_LONG_NAME: {
        if (this.longName !== undefined) return "two long names are before one entry";
        const name = textOf(body);
        if (name === undefined) return "a long name is empty or has a NUL in it";
        this.longName = name;
        return undefined;
      }
      case GNU_LONG_LINK: {
        if (this.longLink !== undefined) return "two long link targets are before one entry";
        const link = textOf(body);
        if (link === undefined) return "a long link target is empty or has a NUL in it";
        this.longLink = link;
        return undefined;
      }
      default: {
        const records = parsePaxRecords(body);
        if (typeof records === "string") return records;
        if (this.longName !== undefined || this.longLink !== undefined)
          return "a PAX header follows a long name of GNU tar";
        if (type === PAX_LOCAL) this.pax = records;
        else return refusedGlobal(records);
        return undefined;
      }
    }
  }

  clear(): void {
    this.longName = undefined;
    this.longLink = undefined;
    this.pax = undefined;
    this.start = -1;
  }
}

const GNU_LONG_NAME = 0x4c;
const GNU_LONG_LINK = 0x4b;
const PAX_LOCAL = 0x78;
const PAX_GLOBAL = 0x67;

/** True when a type flag is an extended header and not an entry. */
export function isMeta(type: number): boolean {
  return type === PAX_LOCAL || type === PAX_GLOBAL || type === GNU_LONG_NAME || type === GNU_LONG_LINK;
}

/** The text up to its NUL; undefined where there is none, or where something follows the NUL. */
function textOf(body: Uint8Array): string | undefined {
  const nul = body.indexOf(0);
  const end = nul === -1 ? body.length : nul;
  for (let at = end; at < body.length; at++) if (body[at] !== 0) return undefined;
  return end === 0 ? undefined : pathFromBytes(body, 0, end);
}

/** Times and notes, which change nothing that an image holds. */
const HARMLESS = /^(?:[acm]time|LIBARCHIVE\.creationtime|comment|hdrcharset|charset|uname|gname)$/;

/**
 * Why a global header is refused: GNU tar and Python apply its records to all entries that follow, Go and so the
 * container engines do not.
 */
function refusedGlobal(records: PaxRecords): string | undefined {
  for (const key of records.keys()) {
    if (!HARMLESS.test(key))
      return `a global extended header sets ${JSON.stringify(key)}, which not every reader applies`;
  }
  return undefined;
}
