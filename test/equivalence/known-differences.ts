/**
 * Differences that are a builder's own: what it does to any Dockerfile that says the same, ours or not. Each names
 * the builders, the cases and the exact line it is about; nothing is matched by a wildcard over cases or paths.
 */
export interface KnownDifference {
  readonly builders: readonly string[];
  readonly cases: readonly string[];
  readonly difference: string;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [];

/** Cases that no peer is asked to build, and why. */
export const textOnly: Readonly<Record<string, string>> = {
  "recipes-packages": "package managers need the network",
  "packages-left-behind": "package managers need the network",
  "registry-own-unknown": "is refused in both dialects",
};

/** The known difference that a line is, if it is one. */
export function knownDifference(builder: string, name: string, line: string): KnownDifference | undefined {
  return knownDifferences.find(
    ({ builders, cases, difference }) =>
      difference === line && builders.includes(builder) && cases.includes(name),
  );
}
