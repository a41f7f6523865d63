import { pathFromBytes } from "../core/path-bytes.js";
import { type PaxRecords, parsePaxRecords } from "./pax-records.js";

/** Largest extended header that is read, in bytes; a larger one is an attack or damage. */
export const MAX_META = 1 << 20;

/** What the extended headers before an entry say about it. */
export class PendingMeta {
  longName: string | undefined;
  longLink: string | undefined;
  pax: PaxRecords | undefined;
  /** Offset of the first extended header, or -1 when there is none. */
  start = -1;

  /** Takes the body of an extended header; gives back in words what is wrong with it. */
  add(type: number, body: Uint8Array): string | undefined {
    switch (type) {
      case GNU_LONG_NAME:
        this.longName = textOf(body);
        return undefined;
      case GNU_LONG_LINK:
        this.longLink = textOf(body);
        return undefined;
      default: {
        const records = parsePaxRecords(body);
        if (typeof records === "string") return records;
        // Global records are checked and then ignored, as by Go's reader, which every container engine uses.
        if (type === PAX_LOCAL)
          this.pax = this.pax === undefined ? records : new Map([...this.pax, ...records]);
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

/** Whether a type flag is an extended header and not an entry. */
export function isMeta(type: number): boolean {
  return type === PAX_LOCAL || type === PAX_GLOBAL || type === GNU_LONG_NAME || type === GNU_LONG_LINK;
}

function textOf(body: Uint8Array): string {
  const nul = body.indexOf(0);
  return pathFromBytes(body, 0, nul === -1 ? body.length : nul);
}
