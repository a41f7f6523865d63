const SHORT_DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)";
const DATE = new RegExp(
  `^(?:${SHORT_DAYS}, \\d{2} [A-Z][a-z]{2} \\d{4} \\d{2}:\\d{2}:\\d{2} GMT|[A-Z][a-z]+day, \\d{2}-[A-Z][a-z]{2}-\\d{2} \\d{2}:\\d{2}:\\d{2} GMT|${SHORT_DAYS} [A-Z][a-z]{2} [ \\d]\\d \\d{2}:\\d{2}:\\d{2} \\d{4})$`,
);

/**
 * The milliseconds that a `Retry-After` header asks to wait: seconds, also with a fraction, or a date in any of the
 * three forms of RFC 9110 section 5.6.7, counted from the server's own `Date` so that a wrong clock here does no harm. Past
 * dates and zero mean at once; what is neither says nothing.
 */
export function retryAfter(
  header: string | undefined,
  date: string | undefined,
  now = Date.now(),
): number | undefined {
  const text = header?.trim() ?? "";
  if (/^\+?\d+(?:\.\d+)?$/.test(text)) return Math.round(Number(text) * 1000);
  if (/^-\d/.test(text)) return 0;
  if (!DATE.test(text)) return undefined;
  const until = timeOf(text);
  if (Number.isNaN(until)) return undefined;
  const stated = date !== undefined && DATE.test(date.trim()) ? timeOf(date.trim()) : Number.NaN;
  return Math.max(0, until - (Number.isNaN(stated) ? now : stated));
}

/** The C form has no zone, and Date.parse would take it for local time. */
function timeOf(text: string): number {
  return Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
}
