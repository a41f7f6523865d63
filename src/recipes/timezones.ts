import { posix } from "node:path";
import { closestName } from "../core/closest-name.js";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import type { Image, Recipe } from "../image/image.js";
import { tzif } from "./tzif.js";
import { unpackZone, type ZoneData, zoneData } from "./zone-data.js";

/** Which time zones an image knows. */
export interface TimezonesOptions {
  /** Names of the IANA database. @default - all of them, about 600 */
  readonly zones?: readonly string[];
  /** The zone of local time: `/etc/localtime` becomes a link to it. @default - none, which is UTC */
  readonly default?: string;
}

const FOLDER = "/usr/share/zoneinfo";

/**
 * Writes time zone files (RFC 8536) under `/usr/share/zoneinfo`, for images that have no tzdata package. The
 * data is that of the installed moment-timezone: offsets and abbreviations are exact; what counts as daylight
 * saving time is taken as the time that is further ahead.
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
    const names = new Set(wanted ?? [...data.packed.keys(), ...data.links.keys()]);
    const written = [...names].sort().reduce((so, zone) => withZone(so, data, zone, names), image);
    return local === undefined ? written : written.symlink(`${FOLDER}/${local}`, "/etc/localtime");
  };
}

function checkZones(call: Call, zones: readonly unknown[]): readonly string[] {
  const { packed, links } = zoneData();
  return zones
    .filter((zone) => zone !== undefined)
    .map((zone) => {
      if (typeof zone === "string" && (packed.has(zone) || links.has(zone))) return zone;
      const suggestion = closestName(zone, [...packed.keys(), ...links.keys()]);
      return refuse(call, "ZONE_UNKNOWN", { got: zone, suggestion });
    });
}

/** Another name of a zone that is written too is a link to it, which costs nothing. */
function withZone(image: Image, data: ZoneData, zone: string, names: ReadonlySet<string>): Image {
  const target = data.links.get(zone);
  const path = `${FOLDER}/${zone}`;
  if (target !== undefined && names.has(target)) {
    return image.symlink(posix.relative(posix.dirname(path), `${FOLDER}/${target}`), path);
  }
  return image.write(path, tzif(unpackZone(data.packed.get(target ?? zone)!)));
}
