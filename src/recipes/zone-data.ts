import { createRequire } from "node:module";

/** A zone's history: `types[uses[i]]` holds until `untils[i]`, the last of them for good. */
export interface ZoneHistory {
  readonly types: readonly ZoneType[];
  readonly uses: readonly number[];
  /** Seconds since 1970 at which a use ends; one fewer than `uses`. */
  readonly untils: readonly number[];
}

/** A local time: its abbreviation, and the seconds that it is ahead of UTC. */
export interface ZoneType {
  readonly abbreviation: string;
  readonly offset: number;
}

/** The IANA time zone database: zones in the packed form of moment-timezone, and other names of zones. */
export interface ZoneData {
  readonly packed: ReadonlyMap<string, string>;
  readonly links: ReadonlyMap<string, string>;
}

let loaded: ZoneData | undefined;

/** The database as moment-timezone carries it. Loaded on first use: it is 700 kB of JSON. */
export function zoneData(): ZoneData {
  loaded ??= load();
  return loaded;
}

function load(): ZoneData {
  const file = "moment-timezone/data/packed/latest.json";
  const data = createRequire(import.meta.url)(file) as { zones: string[]; links: string[] };
  return {
    packed: new Map(data.zones.map((zone) => [zone.slice(0, zone.indexOf("|")), zone])),
    links: new Map(data.links.map((link) => link.split("|").reverse() as [string, string])),
  };
}

/** Unpacks one zone: name, abbreviations, offsets in minutes west, indexes, and minutes between changes. */
export function unpackZone(packed: string): ZoneHistory {
  const [, abbreviations = "", offsets = "", indexes = "", untils = ""] = packed.split("|");
  const west = offsets.split(" ").map(sexagesimal);
  const types = abbreviations.split(" ").map((abbreviation, index) => ({
    abbreviation,
    offset: -Math.round(west[index]! * 60) + 0,
  }));
  const uses = [...indexes].map(sexagesimal);
  let minutes = 0;
  const ends = untils === "" ? [] : untils.split(" ").map((gap) => (minutes += sexagesimal(gap)));
  return { types, uses, untils: ends.slice(0, uses.length - 1).map((end) => Math.round(end * 60)) };
}

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWX";

/** A number in base 60 with an optional fraction, as moment-timezone packs it. */
function sexagesimal(text: string): number {
  const negative = text.startsWith("-");
  const [whole = "", fraction = ""] = (negative ? text.slice(1) : text).split(".");
  let value = [...whole].reduce((sum, digit) => sum * 60 + DIGITS.indexOf(digit), 0);
  let scale = 1;
  for (const digit of fraction) {
    scale /= 60;
    value += DIGITS.indexOf(digit) * scale;
  }
  return negative ? -value : value;
}
