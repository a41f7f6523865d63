import { posix } from "node:path";
import { closestName } from "../core/closest-name.js";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import type { Image, Recipe } from "../image/image.js";
import {
  type Change,
  isSameType,
  type LocalType,
  type ZoneData,
  type ZoneHistory,
  zoneData,
  zoneHistory,
} from "./zone-history.js";

/** Which time zones an image knows. */
export interface TimezonesOptions {
  /** Names of the IANA database. @default - all of them, about 600 */
  readonly zones?: readonly string[];
  /** The zone of local time: `/etc/localtime` becomes a link to it. @default - none, which is UTC */
  readonly default?: string;
}

const DIRECTORY = "/usr/share/zoneinfo";

/**
 * Writes time zone files (RFC 9636) under `/usr/share/zoneinfo`, for images that have no tzdata package: offset,
 * abbreviation and daylight saving time as Debian has them. The database, 2026f, comes with this package and changes
 * only with its version.
 *
 * @throws {DefinitionError} ZONE_UNKNOWN, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, timezones } from "layerwright";
 *
 * export const clock = Image.scratch()
 *   .binary("dist/clock", "/clock")
 *   .with(timezones({ zones: ["Europe/Berlin", "UTC"], default: "Europe/Berlin" }));
 * ```
 */
export function timezones(options: TimezonesOptions = {}): Recipe {
  const call = beginCall("timezones");
  checkOptions(call, options, ["zones", "default"]);
  const { zones } = options;
  if (zones !== undefined && !Array.isArray(zones)) {
    const allowed = "an array of names";
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "zones", got: zones, allowed });
  }
  // Without names there is nothing to check, and so nothing to load yet.
  const wanted = zones === undefined ? undefined : checkZones(call, [...zones, options.default]);
  const local = options.default;
  if (local !== undefined) checkZones(call, [local]);
  return (image) => {
    const data = zoneData();
    const names = new Set(wanted ?? [...data.zones.keys(), ...data.links.keys()]);
    const written = [...names].sort().reduce((so, zone) => withZone(so, data, zone, names), image);
    return local === undefined ? written : written.symlink(`${DIRECTORY}/${local}`, "/etc/localtime");
  };
}

function checkZones(call: Call, zones: readonly unknown[]): readonly string[] {
  const { zones: known, links } = zoneData();
  return zones
    .filter((zone) => zone !== undefined)
    .map((zone) => {
      if (typeof zone === "string" && (known.has(zone) || links.has(zone))) return zone;
      const suggestion = closestName(zone, [...known.keys(), ...links.keys()]);
      return refuse(call, "ZONE_UNKNOWN", { got: zone, suggestion });
    });
}

/** Another name of a zone that is written too is a link to it, which costs nothing. */
function withZone(image: Image, data: ZoneData, zone: string, names: ReadonlySet<string>): Image {
  const target = data.links.get(zone);
  const path = `${DIRECTORY}/${zone}`;
  if (target !== undefined && names.has(target)) {
    return image.symlink(posix.relative(posix.dirname(path), `${DIRECTORY}/${target}`), path);
  }
  return image.write(path, tzif(zoneHistory(data, target ?? zone)));
}

const MIN_32 = -(2 ** 31);
const MAX_32 = 2 ** 31 - 1;

/**
 * A zone as a TZif file (RFC 9636): a block with 32-bit times for old readers, one with 64-bit times, and the rule
 * for the time after them. Version 3 where the rule has hours off the day.
 */
export function tzif({ first, changes, rule }: ZoneHistory): Uint8Array {
  const version = /\/(-|2[5-9]|[3-9]\d|\d{3})/.test(rule) ? 3 : 2;
  // Old readers have no rule for the time before what they can count, so that begins with a record.
  const early = changes.filter(({ at }) => at < MIN_32).at(-1);
  const counted = changes.filter(({ at }) => at >= MIN_32 && at <= MAX_32);
  const narrow =
    early && counted[0]?.at !== MIN_32 ? [{ at: MIN_32, type: early.type }, ...counted] : counted;
  const footer = Buffer.from(`\n${rule}\n`, "ascii");
  return new Uint8Array(
    Buffer.concat([block(version, first, narrow, 4), block(version, first, changes, 8), footer]),
  );
}

function block(version: number, first: LocalType, changes: readonly Change[], width: 4 | 8): Buffer {
  // Type 0 is what holds before the first change.
  const types = [first];
  const uses = changes.map(({ type }) => {
    const known = types.findIndex((other) => isSameType(other, type));
    return known === -1 ? types.push(type) - 1 : known;
  });
  const names = [...new Set(types.map((type) => type.abbreviation))];
  const text = Buffer.from(names.map((name) => `${name}\0`).join(""), "ascii");
  const header = Buffer.alloc(44);
  header.write(`TZif${version}`, "ascii");
  // The six counts: UT/local and standard/wall indicators, leap seconds, times, types, characters.
  for (const [index, count] of [0, 0, 0, changes.length, types.length, text.length].entries()) {
    header.writeUInt32BE(count, 20 + 4 * index);
  }
  const times = Buffer.alloc(changes.length * width);
  for (const [index, { at }] of changes.entries()) {
    if (width === 4) times.writeInt32BE(at, index * width);
    else times.writeBigInt64BE(BigInt(at), index * width);
  }
  const records = Buffer.alloc(types.length * 6);
  for (const [index, type] of types.entries()) {
    records.writeInt32BE(type.offset, index * 6);
    records.writeUInt8(type.daylight ? 1 : 0, index * 6 + 4);
    records.writeUInt8(text.indexOf(`${type.abbreviation}\0`), index * 6 + 5);
  }
  return Buffer.concat([header, times, Buffer.from(uses), records, text]);
}
