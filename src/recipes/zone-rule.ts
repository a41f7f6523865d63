import type { ZoneHistory, ZoneType } from "./zone-data.js";

const DAY = 86_400;
/** Changes of at least these last years have to agree on a rule. */
const YEARS = 10;
/** A zone whose last change is before this year changes no more; the others are recorded far beyond it. */
const NEAR = 2036;

/** One change of the clock: when, and the local time before and after. */
interface Change {
  readonly at: number;
  readonly before: ZoneType;
  readonly after: ZoneType;
}

/**
 * The TZ string of a zone (POSIX, with the hours beyond a day of RFC 8536 3.3.1) that all its changes after
 * `since` follow, by default those of the last ten years on record; nothing where they follow no such rule.
 */
export function zoneRule(zone: ZoneHistory, since?: number): string {
  const changes = zone.untils.map((at, index): Change => {
    return { at, before: zone.types[zone.uses[index]!]!, after: zone.types[zone.uses[index + 1]!]! };
  });
  const last = changes.at(-1);
  const now = zone.types[zone.uses.at(-1)!]!;
  if (last === undefined || yearOf(last.at) < NEAR) return standardText(now);
  const recent = since === undefined ? changes.slice(-2 * YEARS) : changes.filter(({ at }) => at > since);
  const forward = recent.filter((change) => change.after.offset > change.before.offset);
  const back = recent.filter((change) => change.after.offset < change.before.offset);
  const start = dateRule(forward);
  const end = dateRule(back);
  if (start === undefined || end === undefined || forward.length !== back.length) return "";
  const { before: standard, after: daylight } = forward.at(-1)!;
  const shift = daylight.offset - standard.offset;
  const offset = shift === 3600 ? "" : clock(-daylight.offset);
  return `${standardText(standard)}${name(daylight)}${offset},${start},${end}`;
}

/** `Mm.w.d/time`, the one rule that all changes keep; the time may lie outside of its day. */
function dateRule(changes: readonly Change[]): string | undefined {
  for (const shift of [0, 1, -1, 2, -2, 3, -3]) {
    const rules = changes.map((change) => candidates(change, shift));
    const shared = rules[0]?.filter((rule) => rules.every((others) => others.includes(rule)));
    // The last week is what lawmakers mean when the fourth would fit all these years as well.
    const rule = shared?.at(-1);
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** The rules that a change keeps when its time is counted from `shift` days before. */
function candidates({ at, before }: Change, shift: number): readonly string[] {
  const local = at + before.offset;
  const midnight = (Math.floor(local / DAY) - shift) * DAY;
  const date = new Date(midnight * 1000);
  const day = date.getUTCDate();
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  const weeks = [Math.ceil(day / 7), ...(day > length - 7 ? [5] : [])];
  const seconds = local - midnight;
  const time = seconds === 2 * 3600 ? "" : `/${clock(seconds)}`;
  return [...new Set(weeks)].map((week) => `M${date.getUTCMonth() + 1}.${week}.${date.getUTCDay()}${time}`);
}

function standardText(type: ZoneType): string {
  // POSIX counts west of Greenwich.
  return `${name(type)}${clock(-type.offset)}`;
}

function name({ abbreviation }: ZoneType): string {
  return /^[A-Za-z]+$/.test(abbreviation) ? abbreviation : `<${abbreviation}>`;
}

function clock(seconds: number): string {
  const size = Math.abs(seconds);
  const [hours, minutes, rest] = [Math.floor(size / 3600), Math.floor(size / 60) % 60, size % 60];
  const two = (value: number): string => String(value).padStart(2, "0");
  const tail = rest > 0 ? `:${two(minutes)}:${two(rest)}` : minutes > 0 ? `:${two(minutes)}` : "";
  return `${seconds < 0 ? "-" : ""}${hours}${tail}`;
}

function yearOf(at: number): number {
  return new Date(at * 1000).getUTCFullYear();
}
