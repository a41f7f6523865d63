import { createRequire } from "node:module";

/** The tz database: rules and zones by name, and other names of zones. Lines are read when they are asked for. */
export interface ZoneData {
  /** The release, such as `2026f`. */
  readonly version: string;
  readonly rules: ReadonlyMap<string, () => readonly Rule[]>;
  readonly zones: ReadonlyMap<string, () => readonly Era[]>;
  readonly links: ReadonlyMap<string, string>;
}

/** A change of the clock that comes back every year from `from` to `to`. */
export interface Rule {
  readonly from: number;
  /** Infinite for a rule that holds until further notice. */
  readonly to: number;
  readonly on: Moment;
  /** Seconds that are added to standard time, and fewer than none where winter is what differs. */
  readonly save: number;
  readonly letters: string;
}

/** A time in which a zone kept to one standard offset and one set of rules. */
export interface Era {
  readonly offset: number;
  /** The name of rules, or what is always added to standard time. */
  readonly rules: string | number;
  readonly format: string;
  /** The end; the last era has none. */
  readonly until?: { readonly year: number; readonly on: Moment };
}

/** A moment of a year: a day, and seconds after its midnight, fewer than none or more than a day's included. */
export interface Moment {
  readonly month: number;
  /** A day of the month, and where there is a weekday the nearest such day from there on, or back. */
  readonly day: number | "last";
  readonly weekday?: number;
  readonly back: boolean;
  readonly seconds: number;
  readonly clock: "wall" | "standard" | "universal";
}

let loaded: ZoneData | undefined;

/** The database that this package brings: the lines of Debian's `tzdata.zi`. Loaded on first use: it is 130 kB. */
export function zoneData(): ZoneData {
  loaded ??= parseZoneData(createRequire(import.meta.url)("./tzdata.json") as string[]);
  return loaded;
}

/** A database in the short form of zic's input: rule, zone and link lines, and the further lines of a zone. */
export function parseZoneData(lines: readonly string[]): ZoneData {
  const rules = new Map<string, string[]>();
  const zones = new Map<string, string[]>();
  const links = new Map<string, string>();
  let zone: string[] = [];
  for (const line of lines) {
    const [kind, first = "", second = ""] = line.split(" ", 3);
    if (kind === "R") append(rules, first, line);
    else if (kind === "L") links.set(second, first);
    else if (kind === "Z") zone = append(zones, first, line.slice(`Z ${first} `.length));
    else if (kind !== "" && kind !== "#") zone.push(line);
  }
  const version = lines[0]!.replace("# version ", "");
  return { version, rules: read(rules, parseRule), zones: read(zones, parseEra), links };
}

function append(lists: Map<string, string[]>, name: string, line: string): string[] {
  const list = lists.get(name) ?? [];
  lists.set(name, list);
  list.push(line);
  return list;
}

function read<T>(
  lists: ReadonlyMap<string, readonly string[]>,
  parse: (fields: string[]) => T,
): ReadonlyMap<string, () => readonly T[]> {
  return new Map(
    [...lists].map(([name, lines]) => {
      let known: readonly T[] | undefined;
      return [name, () => (known ??= lines.map((line) => parse(line.split(" "))))];
    }),
  );
}

function parseRule([, , from = "", to = "", , month, day, time, save = "", letters = ""]: string[]): Rule {
  const last = to === "o" ? Number(from) : to === "ma" ? Number.POSITIVE_INFINITY : Number(to);
  const on = parseMoment(month, day, time);
  return { from: Number(from), to: last, on, save: seconds(save), letters: letters === "-" ? "" : letters };
}

function parseEra([offset = "", rules = "", format = "", year, month, day, time]: string[]): Era {
  const isSave = /^-?\d/.test(rules);
  const kept = {
    offset: seconds(offset),
    rules: rules === "-" ? 0 : isSave ? seconds(rules) : rules,
    format,
  };
  return year === undefined
    ? kept
    : { ...kept, until: { year: Number(year), on: parseMoment(month, day, time) } };
}

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");

function parseMoment(month = "January", day = "1", time = "0"): Moment {
  const [, last, name, relation, number] = /^(last)?([A-Z]\w*)?([<>]=)?(\d+)?$/i.exec(day) ?? [];
  return {
    month: MONTHS.findIndex((known) => known.startsWith(month)),
    day: last === undefined ? Number(number) : "last",
    ...(name === undefined ? {} : { weekday: DAYS.findIndex((known) => known.startsWith(name)) }),
    back: last !== undefined || relation === "<=",
    seconds: seconds(time.replace(/[a-z]$/, "")),
    clock: /[ugz]$/.test(time) ? "universal" : time.endsWith("s") ? "standard" : "wall",
  };
}

/** Seconds of `h`, `h:mm` or `h:mm:ss` with an optional sign; `-` alone is none. */
function seconds(text: string): number {
  if (text === "-") return 0;
  const [hours = 0, minutes = 0, rest = 0] = text.replace("-", "").split(":").map(Number);
  return (text.startsWith("-") ? -1 : 1) * (hours * 3600 + minutes * 60 + rest) + 0;
}
