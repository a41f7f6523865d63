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

const opaque =
  "a folder that is removed and made anew in one layer: ours says it is opaque, BuildKit's names what is gone in it; the tree is the same";

export const knownDifferences: readonly KnownDifference[] = [
  {
    builders: ["docker 26", "docker 28"],
    cases: ["remove-and-write-own"],
    difference: "layer 3: /opt/opaque/.wh..wh..opq only in the first",
    reason: opaque,
  },
  {
    builders: ["docker 26", "docker 28"],
    cases: ["remove-and-write-own"],
    difference: "layer 3: /opt/opaque/.wh.three only in the second",
    reason: opaque,
  },
];

/** Cases that no peer is asked to build, and why. */
export const textOnly: Readonly<Record<string, string>> = {
  "recipes-packages": "package managers need the network",
  "packages-left-behind": "package managers need the network",
  "examples/08-package nginx": "package managers need the network",
};

/** The known difference that a line is, if it is one. */
export function knownDifference(builder: string, name: string, line: string): KnownDifference | undefined {
  return knownDifferences.find(
    ({ builders, cases, difference }) =>
      difference === line && builders.includes(builder) && cases.includes(name),
  );
}
