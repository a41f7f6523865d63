import { compareBytes } from "../core/bytes.js";

/** One image of a file for `docker buildx bake`. */
export interface BakeImage {
  readonly name: string;
  /** The tag of its target: the image's full name. */
  readonly reference: string;
  readonly platforms: readonly string[];
  /** Relative to the context directory. */
  readonly dockerfile: string;
  /** Named contexts of the Dockerfile: directories, layouts. */
  readonly contexts: Readonly<Record<string, string>>;
  /** As buildx reads them: `key=value`, or `manifest[os/arch]:key=value`. */
  readonly annotations: readonly string[];
  /** Ids of the secrets and agents that its commands cannot do without. */
  readonly secrets: readonly string[];
  readonly ssh: readonly string[];
  /** True when a command sees the network of the machine that builds, which buildx asks about. */
  readonly hostNetwork: boolean;
  /** The key of the image itself by platform. */
  readonly image: Readonly<Record<string, string>>;
  /** The keys of the other stages of its Dockerfile by platform, by the stage's name. */
  readonly stages: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * The file by which `docker buildx bake` builds a catalog: a target an image. Where a stage of a Dockerfile is another
 * image of the catalog, that image's target is given for it as a named context, which takes the place of a stage of
 * that name; without the file the same Dockerfile builds alone.
 *
 * @param groups image names by the name of their group
 */
export function bakeFile(
  images: readonly BakeImage[],
  groups: Readonly<Record<string, readonly string[]>>,
): string {
  const names = new BakeNames();
  const targets = new Map(images.map((image) => [image.name, names.unique(image.name)]));
  const imageOf = imagesByKey(images);
  const target = images.map((image) => {
    const parents = parentsOf(image, imageOf).map(([stage, parent]) => [
      stage,
      `target:${targets.get(parent)}`,
    ]);
    return [targets.get(image.name)!, targetOf(image, Object.fromEntries(parents))];
  });
  const chosen = Object.entries(groups).flatMap(([name, members]) => {
    const known = members.flatMap((member) => targets.get(member) ?? []);
    return known.length === 0 ? [] : [[names.unique(name), { targets: known }]];
  });
  const group = { default: { targets: [...targets.values()] }, ...Object.fromEntries(chosen) };
  return `${JSON.stringify({ group, target: Object.fromEntries(target) }, null, 2)}\n`;
}

function targetOf(image: BakeImage, parents: Readonly<Record<string, string>>): Record<string, unknown> {
  const contexts = { ...image.contexts, ...parents };
  return {
    context: ".",
    dockerfile: image.dockerfile,
    platforms: image.platforms,
    tags: [image.reference],
    ...(Object.keys(contexts).length === 0 ? {} : { contexts }),
    ...(image.annotations.length === 0 ? {} : { annotations: image.annotations }),
    ...(image.secrets.length === 0 ? {} : { secret: image.secrets.map((id) => `id=${id}`) }),
    ...(image.ssh.length === 0 ? {} : { ssh: image.ssh }),
    ...(image.hostNetwork ? { entitlements: ["network.host"] } : {}),
  };
}

/** The image whose own stage has a key; the first by name where several are the same. */
function imagesByKey(images: readonly BakeImage[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const sorted = [...images].sort((a, b) => compareBytes(a.name, b.name));
  for (const { name, image } of sorted) {
    for (const [platform, key] of Object.entries(image)) {
      if (!found.has(`${platform} ${key}`)) found.set(`${platform} ${key}`, name);
    }
  }
  return found;
}

/** The stages that are one other image on every platform that they are built for. */
function parentsOf(
  image: BakeImage,
  imageOf: ReadonlyMap<string, string>,
): [stage: string, parent: string][] {
  return Object.entries(image.stages).flatMap(([stage, keys]): [string, string][] => {
    const found = new Set(Object.entries(keys).map(([platform, key]) => imageOf.get(`${platform} ${key}`)));
    const [parent] = found;
    return found.size === 1 && parent !== undefined && parent !== image.name ? [[stage, parent]] : [];
  });
}

/** Names of targets and groups: letters, digits, `_` and `-`, each once. */
class BakeNames {
  readonly #taken = new Set(["default"]);

  unique(name: string): string {
    const stem = name.replace(/[^a-z0-9_-]/g, "-");
    let own = stem;
    for (let number = 2; this.#taken.has(own); number++) own = `${stem}-${number}`;
    this.#taken.add(own);
    return own;
  }
}
