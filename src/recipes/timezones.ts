import { posix } from "node:path";
import { closestName } from "../core/closest-name.js";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import type { Image, Recipe } from "../image/image.js";
import { tzif } from "./tzif.js";
import { type ZoneData, zoneData } from "./zone-data.js";
import { zoneHistory } from "./zone-history.js";

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
 * abbreviation and daylight saving time as Debian has them. The database, 2026f, comes with this package and changes only
 * with its version.
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
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "option zones", got: zones, allowed });
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
