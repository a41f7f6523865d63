/**
 * Serialises JSON data with sorted keys and no spaces, so that equal data has equal bytes (RFC 8785 for the
 * integers and strings that OCI documents hold). `undefined` members are left out, as `JSON.stringify` does,
 * and so are members whose key `skip` names.
 */
export function canonicalJson(value: unknown, skip?: (key: string) => boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null, skip)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined && !skip?.(key))
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key], skip)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
