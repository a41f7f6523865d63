import type { Recipe } from "layerwright";

/** A config file with its folder, for any image. */
export function configured(name: string, settings: Readonly<Record<string, unknown>>): Recipe {
  const text = `${JSON.stringify(settings, null, 2)}\n`;
  return (image) =>
    image
      .mkdir(`/etc/${name}`, { mode: 0o750 })
      .write(`/etc/${name}/config.json`, text, { mode: 0o640 })
      .env("CONFIG", `/etc/${name}/config.json`);
}

/** What every image of ours says of itself. */
export const labelled: Recipe = (image) =>
  image.label({
    "org.opencontainers.image.vendor": "Example",
    "org.opencontainers.image.licenses": "Apache-2.0",
  });
