/** One way to log in that a server offers (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case: `bearer`, `basic`. */
  readonly scheme: string;
  /** Names in lower case. */
  readonly parameters: Readonly<Record<string, string>>;
}

const TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const SCHEME = new RegExp(`^[\\s,]*(${TOKEN})(?=\\s|,|$)(?!\\s*=)`);
const PARAMETER = new RegExp(`^[\\s,]*(${TOKEN})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s,"]*))`);

/** The challenges of a `WWW-Authenticate` header; several may share one line. What cannot be read is left out. */
export function parseChallenges(header: string | undefined): readonly Challenge[] {
  let rest = header ?? "";
  const found: { scheme: string; parameters: Record<string, string> }[] = [];
  for (;;) {
    const parameter = PARAMETER.exec(rest);
    if (parameter !== null && found.length > 0) {
      const [all, name = "", quoted, plain = ""] = parameter;
      found.at(-1)!.parameters[name.toLowerCase()] = quoted?.replace(/\\(.)/g, "$1") ?? plain;
      rest = rest.slice(all.length);
      continue;
    }
    const scheme = SCHEME.exec(rest);
    if (scheme === null) return found;
    found.push({ scheme: scheme[1]!.toLowerCase(), parameters: {} });
    rest = rest.slice(scheme[0].length);
  }
}
