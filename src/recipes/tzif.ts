import type { ZoneHistory } from "./zone-data.js";
import { zoneRule } from "./zone-rule.js";

/** A type of local time as TZif tells them apart: the same offset and name with and without DST are two. */
interface LocalType {
  readonly offset: number;
  readonly isDst: boolean;
  readonly abbreviation: string;
}

interface Block {
  readonly times: readonly number[];
  readonly uses: readonly number[];
  readonly types: readonly LocalType[];
}

const MIN_32 = -(2 ** 31);
const MAX_32 = 2 ** 31 - 1;
const YEAR = 366 * 86_400;

/**
 * A zone as a TZif file of version 2 (RFC 8536): a block with 32-bit times for old readers, one with 64-bit
 * times, and the rule for the time after them.
 */
export function tzif(zone: ZoneHistory): Uint8Array {
  const types: LocalType[] = [];
  const uses = zone.uses.map((use, index) => {
    const { offset, abbreviation } = zone.types[use]!;
    const isDst = isDaylight(zone, index);
    const known = types.findIndex(
      (type) => type.offset === offset && type.isDst === isDst && type.abbreviation === abbreviation,
    );
    return known === -1 ? types.push({ offset, isDst, abbreviation }) - 1 : known;
  });
  // What the rule says of the time after 2037 needs no record, unless years after it differ from the rule.
  const later = zoneRule(zone, MAX_32);
  const kept = later === "" ? zone.untils.length : zone.untils.filter((time) => time <= MAX_32).length;
  // Type 0 is what holds before the first change, as RFC 8536 section 3.2 has it.
  const whole: Block = { times: zone.untils.slice(0, kept), uses: uses.slice(1, kept + 1), types };
  const fits = whole.times.map((time) => time >= MIN_32 && time <= MAX_32);
  const narrow: Block = {
    types,
    times: whole.times.filter((_, index) => fits[index]),
    uses: whole.uses.filter((_, index) => fits[index]),
  };
  const footer = Buffer.from(`\n${later === "" ? zoneRule(zone) : later}\n`, "ascii");
  return new Uint8Array(Buffer.concat([block(narrow, 4), block(whole, 8), footer]));
}

/** North America's names say it: EDT is daylight time, EST standard time. */
const DAYLIGHT_NAME = /^[A-Z]{1,3}DT$/;
const STANDARD_NAME = /^([ECMPAHN]|AK)ST$/;

/**
 * The database in this form does not say what is daylight saving time. Where the name does not tell either, it
 * is what sticks out: a time further ahead than those around it that lasts less than a year.
 */
function isDaylight({ types, uses, untils }: ZoneHistory, index: number): boolean {
  const offsetAt = (at: number): number | undefined => types[uses[at] ?? -1]?.offset;
  const own = offsetAt(index)!;
  const { abbreviation } = types[uses[index]!]!;
  if (DAYLIGHT_NAME.test(abbreviation)) return true;
  if (STANDARD_NAME.test(abbreviation)) return false;
  const before = offsetAt(index - 1);
  const after = offsetAt(index + 1);
  if (before === undefined || own <= before) return false;
  const lasts = (untils[index] ?? Number.POSITIVE_INFINITY) - untils[index - 1]!;
  return after !== undefined && own > after && lasts < YEAR;
}

function block({ times, uses, types }: Block, width: 4 | 8): Buffer {
  const names = [...new Set(types.map((type) => type.abbreviation))];
  const text = Buffer.from(names.map((name) => `${name}\0`).join(""), "ascii");
  const header = Buffer.alloc(44);
  header.write("TZif2", "ascii");
  // The six counts: UT/local and standard/wall indicators, leap seconds, times, types, characters.
  for (const [index, count] of [0, 0, 0, times.length, types.length, text.length].entries()) {
    header.writeUInt32BE(count, 20 + 4 * index);
  }
  const changes = Buffer.alloc(times.length * width);
  for (const [index, time] of times.entries()) {
    if (width === 4) changes.writeInt32BE(time, index * width);
    else changes.writeBigInt64BE(BigInt(time), index * width);
  }
  const records = Buffer.alloc(types.length * 6);
  for (const [index, type] of types.entries()) {
    records.writeInt32BE(type.offset, index * 6);
    records.writeUInt8(type.isDst ? 1 : 0, index * 6 + 4);
    records.writeUInt8(text.indexOf(`${type.abbreviation}\0`), index * 6 + 5);
  }
  return Buffer.concat([header, changes, Buffer.from(uses), records, text]);
}
