import { createRequire } from "node:module";

/** A kind of local time: what zic writes as one record. */
export interface LocalType {
  /** Seconds ahead of universal time. */
  readonly offset: number;
  readonly daylight: boolean;
  readonly abbreviation: string;
}

/** A change of the clock: from `at`, in seconds since 1970, it shows `type`. */
export interface Change {
  readonly at: number;
  readonly type: LocalType;
}

/** A zone's local time: the one before all changes, the changes, and the rule for the time after them. */
export interface ZoneHistory {
  readonly first: LocalType;
  readonly changes: readonly Change[];
  /** A TZ string of POSIX, with the hours beyond a day of RFC 9636 section 3.3.2. */
  readonly rule: string;
}

/** The last year with records of what the rule says as well, for readers of 32-bit times. */
const LAST_YEAR = 2037;
const DAY = 86_400;
const HOUR = 3600;

/** The history of a zone that the database has under this name, not of another name of one. */
export function zoneHistory({ zones, rules }: ZoneData, name: string): ZoneHistory {
  const eras = zones.get(name)!();
  const spans: Span[] = [];
  for (const era of eras) {
    const own = typeof era.rules === "string" ? rules.get(era.rules)!() : era.rules;
    spans.push(eraSpan(era, own, spans.at(-1)?.end ?? Number.NEGATIVE_INFINITY));
  }
  const { first } = spans[0]!;
  const changes = settled(
    first,
    spans.flatMap((span) => span.changes),
  );
  return { first, changes, rule: lastingRule(eras.at(-1)!, rules, changes.at(-1)?.type ?? first) };
}

/** An era of the clock: the local time it begins with, its changes, and when it ends. */
interface Span {
  readonly first: LocalType;
  readonly changes: readonly Change[];
  readonly end: number;
}

function eraSpan(era: Era, rules: readonly Rule[] | number, start: number): Span {
  const endWith = (save: number): number =>
    era.until === undefined ? Number.POSITIVE_INFINITY : instant(era.until.year, era.until.on, era, save);
  if (typeof rules === "number") {
    const first = localType(era, rules, "");
    return { first, changes: [{ at: start, type: first }], end: endWith(rules) };
  }
  // Before its first rule there is standard time, called as the first rule for standard time calls it.
  const standard = [...rules].sort((a, b) => a.from - b.from || a.on.month - b.on.month);
  let first = localType(era, 0, standard.find(({ save }) => save === 0)?.letters ?? "");
  let save = 0;
  const changes: Change[] = [];
  for (const { rule, year } of occurrences(rules, era, () => save)) {
    const at = instant(year, rule.on, era, save);
    if (at >= endWith(save)) break;
    save = rule.save;
    const type = localType(era, save, rule.letters);
    // Rules of earlier eras count too: what they left the clock at is what this one begins with.
    if (at <= start) first = type;
    else changes.push({ at, type });
  }
  return { first, changes: [{ at: start, type: first }, ...changes], end: endWith(save) };
}

/**
 * Every time a rule applies, in order. The order depends on what the rule before saves, so it is asked for each time.
 */
function* occurrences(
  rules: readonly Rule[],
  era: Era,
  save: () => number,
): Generator<{ rule: Rule; year: number }> {
  const lasts = rules.map(({ from, to }) => (Number.isFinite(to) ? to : from));
  const last = era.until?.year ?? Math.max(LAST_YEAR, ...lasts);
  for (let year = Math.min(...rules.map(({ from }) => from)); year <= last; year += 1) {
    const left = new Set(rules.filter(({ from, to }) => from <= year && year <= to));
    while (left.size > 0) {
      const times = [...left].map((rule) => ({ rule, at: instant(year, rule.on, era, save()) }));
      const { rule } = times.reduce((a, b) => (b.at < a.at ? b : a));
      left.delete(rule);
      yield { rule, year };
    }
  }
}

/** Leaves out changes that change nothing, and has one replace another that its local time does not come after. */
function settled(first: LocalType, changes: readonly Change[]): readonly Change[] {
  const kept: Change[] = [];
  for (const change of changes.filter(({ at }) => Number.isFinite(at))) {
    const previous = kept.at(-1);
    const before = kept.at(-2)?.type ?? first;
    if (previous && change.at + previous.type.offset <= previous.at + before.offset) {
      kept[kept.length - 1] = { at: previous.at, type: change.type };
    } else if (!isSameType(previous?.type ?? first, change.type)) kept.push(change);
  }
  return kept;
}

/** True when two kinds of local time are one record. */
export function isSameType(a: LocalType, b: LocalType): boolean {
  return a.offset === b.offset && a.daylight === b.daylight && a.abbreviation === b.abbreviation;
}

/** The seconds since 1970 of a moment, on a clock with this era's offset to which `save` is added. */
function instant(year: number, on: Moment, { offset }: Era, save: number): number {
  const local = dayNumber(year, on) * DAY + on.seconds;
  return local - (on.clock === "universal" ? 0 : on.clock === "standard" ? offset : offset + save);
}

/** Days since 1970. */
function dayNumber(year: number, { month, day, weekday, back }: Moment): number {
  const number = Date.UTC(year, day === "last" ? month + 1 : month, day === "last" ? 0 : day) / (DAY * 1000);
  if (weekday === undefined) return number;
  const ahead = (weekday - number - 4 + 7 * 1_000_000) % 7;
  return back && ahead > 0 ? number + ahead - 7 : number + ahead;
}

function localType({ offset, format }: Era, save: number, letters: string): LocalType {
  const daylight = save !== 0;
  const [standard = "", other = standard] = format.split("/");
  const name = format === "%z" ? numericName(offset + save) : daylight ? other : standard;
  return { offset: offset + save, daylight, abbreviation: name.replace("%s", letters) };
}

/** `+hh`, `+hhmm` or `+hhmmss`. */
function numericName(offset: number): string {
  const [hours, ...rest] = parts(offset);
  return `${offset < 0 ? "-" : "+"}${two(hours!)}${rest.map(two).join("")}`;
}

/**
 * The TZ string for the time after the last change: two rules that hold until further notice, or none. POSIX has no
 * word for daylight saving time for good: nothing stands there then, and the last change holds.
 */
function lastingRule(era: Era, rules: ZoneData["rules"], now: LocalType): string {
  const lasting =
    typeof era.rules === "number" ? [] : rules.get(era.rules)!().filter(({ to }) => to === Infinity);
  const [standard, daylight] = [
    lasting.find((rule) => rule.save === 0),
    lasting.find((rule) => rule.save !== 0),
  ];
  if (standard === undefined || daylight === undefined) return now.daylight ? "" : typeText(now);
  const { save } = daylight;
  const [normal, other] = [localType(era, 0, standard.letters), localType(era, save, daylight.letters)];
  const begin = dateText(daylight.on, era.offset, 0);
  const end = dateText(standard.on, era.offset, save);
  return `${typeText(normal)}${typeText(other, save === HOUR)},${begin},${end}`;
}

/** `Mm.w.d/time` or `Jn/time` by the clock before the change, which may be off its day. */
function dateText(on: Moment, offset: number, save: number): string {
  const { month, day, weekday } = on;
  let time = on.seconds + (on.clock === "universal" ? offset : 0) + (on.clock === "wall" ? 0 : save);
  let date = `J${dayNumber(1970, on) + 1}`;
  if (weekday !== undefined) {
    // Weeks are counted from the 1st, so a week that begins elsewhere is one that begins there, days before.
    const length = new Date(Date.UTC(1970, month + 1, 0)).getUTCDate();
    const isLast = day === "last" || (on.back && day === length);
    const shift = isLast ? 0 : on.back ? day % 7 : (day - 1) % 7;
    const week = isLast ? 5 : on.back ? (day - shift) / 7 : 1 + (day - 1 - shift) / 7;
    date = `M${month + 1}.${week}.${(weekday - shift + 7) % 7}`;
    time += shift * DAY;
  }
  return time === 2 * HOUR ? date : `${date}/${clockText(time)}`;
}

/** Name and offset; POSIX counts west of Greenwich, and has daylight saving time an hour ahead of standard time. */
function typeText({ abbreviation, offset }: LocalType, isDefault = false): string {
  const name = /^[A-Za-z]+$/.test(abbreviation) ? abbreviation : `<${abbreviation}>`;
  return isDefault ? name : `${name}${clockText(-offset)}`;
}

function clockText(seconds: number): string {
  const [hours, ...rest] = parts(seconds);
  return [`${seconds < 0 ? "-" : ""}${hours}`, ...rest.map(two)].join(":");
}

/** Hours, and minutes and seconds where there are any. */
function parts(seconds: number): readonly number[] {
  const size = Math.abs(seconds);
  const all = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  return all.slice(0, all[2] !== 0 ? 3 : all[1] !== 0 ? 2 : 1);
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}

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
interface Era {
  readonly offset: number;
  /** The name of rules, or what is always added to standard time. */
  readonly rules: string | number;
  readonly format: string;
  /** The end; the last era has none. */
  readonly until?: { readonly year: number; readonly on: Moment };
}

/** A moment of a year: a day, and seconds after its midnight, fewer than none or more than a day's included. */
interface Moment {
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
