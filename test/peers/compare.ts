import type { ImageListing, ListedFile } from "./image-listing.js";

/** What of the config decides how a container of the image behaves. */
const CONFIG_FIELDS = [
  "Env",
  "Cmd",
  "Entrypoint",
  "User",
  "WorkingDir",
  "ExposedPorts",
  "Volumes",
  "Labels",
  "StopSignal",
  "Healthcheck",
  "Shell",
] as const;

/** A value with its keys in order, and nothing told apart from nothing. */
export function canonical(value: unknown): string {
  const empty = value === null || value === undefined || value === "";
  if (empty || (typeof value === "object" && Object.keys(value).length === 0)) return "nothing";
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function* configDifferences(a: ImageListing, b: ImageListing): Generator<string> {
  const [first, second] = [a, b].map((image) => (image.config.config ?? {}) as Record<string, unknown>);
  for (const name of CONFIG_FIELDS) {
    const [left, right] = [canonical(first?.[name]), canonical(second?.[name])];
    if (left !== right) yield `config ${name}: ${left} | ${right}`;
  }
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

/** The other names of each file that has several. */
function hardLinks(rootfs: ReadonlyMap<string, ListedFile>): Map<string, string> {
  const names = new Map<ListedFile, string[]>();
  for (const [path, file] of rootfs) names.set(file, [...(names.get(file) ?? []), path]);
  const several = [...names.values()].filter((paths) => paths.length > 1).map((paths) => paths.sort());
  return new Map(several.flatMap((paths) => paths.map((path) => [path, paths.join(" = ")])));
}

/** Everything about a file but its times, each under the name a reader would use. */
function traits(file: ListedFile, links: string | undefined): Record<string, string> {
  return {
    type: file.type,
    mode: octal(file.mode),
    owner: `${file.uid}:${file.gid}`,
    size: String(file.size),
    content: file.sha256.slice(0, 12),
    "link target": file.type === "symlink" ? file.linkname : "",
    device: file.device,
    "extended attributes": canonical(file.xattrs),
    "hard links": links ?? "",
  };
}

function* rootfsDifferences(a: ImageListing, b: ImageListing): Generator<string> {
  const [linksA, linksB] = [hardLinks(a.rootfs), hardLinks(b.rootfs)];
  for (const path of [...new Set([...a.rootfs.keys(), ...b.rootfs.keys()])].sort()) {
    // Few builders write the root itself, and a container gets 0755 without it.
    if (path === "") continue;
    const [left, right] = [a.rootfs.get(path), b.rootfs.get(path)];
    if (left === undefined || right === undefined) {
      yield `/${path}: only in the ${left === undefined ? "second" : "first"}`;
      continue;
    }
    const other = traits(right, linksB.get(path));
    for (const [name, value] of Object.entries(traits(left, linksA.get(path)))) {
      if (value !== other[name]) yield `/${path}: ${name} ${value} | ${other[name]}`;
    }
  }
}

/**
 * The paths a layer is about: folders that only lead to another path are left
 * out, since builders do not agree on which of them to write.
 */
export function layerPaths(paths: readonly ListedFile[]): string[] {
  const leading = new Set<string>([""]);
  for (const { path } of paths) {
    for (let cut = path.lastIndexOf("/"); cut > 0; cut = path.lastIndexOf("/", cut - 1)) {
      leading.add(path.slice(0, cut));
    }
  }
  const about = paths.filter((file) => file.type !== "dir" || !leading.has(file.path));
  return [...new Set(about.map((file) => `/${file.path}`))].sort();
}

function* layerDifferences(a: ImageListing, b: ImageListing): Generator<string> {
  // A WORKDIR that exists already gives a layer about nothing; it does not count.
  const [left, right] = [a, b].map((image) =>
    image.layers.map((layer) => layerPaths(layer.paths)).filter((paths) => paths.length > 0),
  ) as [string[][], string[][]];
  if (left.length !== right.length) {
    yield `layers: ${left.length} | ${right.length}`;
    return;
  }
  for (const [index, paths] of left.entries()) {
    const others = right[index] ?? [];
    for (const path of paths) if (!others.includes(path)) yield `layer ${index}: ${path} only in the first`;
    for (const path of others) if (!paths.includes(path)) yield `layer ${index}: ${path} only in the second`;
  }
}

/**
 * What tells two images apart, one readable line each; none when they are the
 * same image. Times and compression are not compared: no two builders agree
 * on those, and no container notices.
 */
export function compareImages(a: ImageListing, b: ImageListing): string[] {
  return [...configDifferences(a, b), ...rootfsDifferences(a, b), ...layerDifferences(a, b)];
}
