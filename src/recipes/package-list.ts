import { type Call, refuse } from "../image/call.js";

/** A package: its name (in the manager's own way with a version, too), or a record from name to version. */
export type PackageSpec = string | Readonly<Record<string, string>>;

/** Packages one by one, or an array of them with options. */
export type PackageArguments<Options> =
  | readonly PackageSpec[]
  | readonly [packages: readonly PackageSpec[], options?: Options];

/** Tells the two ways to name packages apart. */
export function splitArguments<Options extends object>(
  given: PackageArguments<Options>,
): { readonly packages: readonly PackageSpec[]; readonly options: Options } {
  const [first, options] = given;
  return Array.isArray(first)
    ? { packages: first as readonly PackageSpec[], options: (options ?? {}) as Options }
    : { packages: given as readonly PackageSpec[], options: {} as Options };
}

/** The grammar of a package manager's packages. Only what fits these grammars ever reaches a shell. */
export interface PackageGrammar {
  readonly manager: string;
  readonly name: RegExp;
  readonly version: RegExp;
  /** Between name and version: `=`, `==`, `@`, `-`. */
  readonly join: string;
  /** True when a name given as text may carry its version already. */
  readonly splits: boolean;
  readonly allowedName: string;
  readonly allowedVersion: string;
}

/** Reads packages into shell words, in the order given and without doubles, or refuses them. */
export function packageWords(call: Call, grammar: PackageGrammar, packages: unknown): readonly string[] {
  if (!Array.isArray(packages) || packages.length === 0)
    refuse(call, "PACKAGES_MISSING", { call: call.name });
  const words = (packages as unknown[]).flatMap((spec) => specWords(call, grammar, spec));
  if (words.length === 0) refuse(call, "PACKAGES_MISSING", { call: call.name });
  return [...new Set(words)].map(shellWord);
}

function specWords(call: Call, grammar: PackageGrammar, spec: unknown): readonly string[] {
  if (typeof spec === "string") {
    // From the second character on: an npm scope starts with the "@" that also joins a version.
    const cut = grammar.splits ? spec.indexOf(grammar.join, 1) : -1;
    return cut === -1
      ? [packageWord(call, grammar, spec, undefined)]
      : [packageWord(call, grammar, spec.slice(0, cut), spec.slice(cut + grammar.join.length))];
  }
  if (typeof spec === "object" && spec !== null && !Array.isArray(spec)) {
    return Object.entries(spec).map(([name, version]) => packageWord(call, grammar, name, version ?? null));
  }
  const { manager, allowedName } = grammar;
  return refuse(call, "PACKAGE_INVALID", {
    call: call.name,
    manager,
    what: "name",
    got: spec,
    allowed: allowedName,
  });
}

function packageWord(call: Call, grammar: PackageGrammar, name: string, version: unknown): string {
  const { manager, join, allowedName, allowedVersion } = grammar;
  if (!grammar.name.test(name)) {
    refuse(call, "PACKAGE_INVALID", {
      call: call.name,
      manager,
      what: "name",
      got: name,
      allowed: allowedName,
    });
  }
  if (version === undefined) return name;
  if (typeof version === "string" && grammar.version.test(version)) return `${name}${join}${version}`;
  return refuse(call, "PACKAGE_INVALID", {
    call: call.name,
    manager,
    what: "version",
    got: version,
    allowed: allowedVersion,
  });
}

/** A text as one word of a POSIX shell, in single quotes where the shell would read more than letters in it. */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9.,+:=@%/_-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
