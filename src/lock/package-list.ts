/** Installed packages by name, each with its version. */
export type PackageList = ReadonlyMap<string, string>;

/** The differences of two lists of packages, by name. */
export interface PackageChange {
  readonly name: string;
  readonly before?: string;
  readonly after?: string;
}

/** Reads `var/lib/dpkg/status`, or a file of `status.d`: paragraphs of fields (deb-control(5)). */
export function parseDpkgStatus(text: string): PackageList {
  const packages = new Map<string, string>();
  for (const paragraph of text.split(/\n\s*\n/)) {
    const name = field(paragraph, "Package");
    const version = field(paragraph, "Version");
    const status = field(paragraph, "Status");
    // Removed packages keep a paragraph as long as their settings are there.
    if (status !== undefined && !status.endsWith(" installed")) continue;
    if (name !== undefined && version !== undefined) packages.set(name, version);
  }
  return packages;
}

/** Reads `lib/apk/db/installed`: paragraphs of one-letter fields. */
export function parseApkInstalled(text: string): PackageList {
  const packages = new Map<string, string>();
  for (const paragraph of text.split(/\n\n+/)) {
    const name = field(paragraph, "P");
    const version = field(paragraph, "V");
    if (name !== undefined && version !== undefined) packages.set(name, version);
  }
  return packages;
}

/** Packages that came, went or have another version, by name. */
export function packageDiff(before: PackageList, after: PackageList): PackageChange[] {
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  return names.flatMap((name) => {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === now) return [];
    return [
      { name, ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) },
    ];
  });
}

function field(paragraph: string, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*?)\\s*$`, "m").exec(paragraph)?.[1];
}
