import type { ReportData } from "../report-data.js";

/** Hues that are told apart with a layer's neighbours: its own first, the accent's. */
const HUES = [255, 165, 75, 345, 205, 120, 35, 300] as const;

/** Gives each layer of an image the class of its colour: greys for its base, hues for its own. */
export function layerColors({ images, layers }: ReportData, image: number): readonly string[] {
  let own = 0;
  let base = 0;
  return images[image]!.layers.map((place) =>
    layers[place]!.base ? `base-${base++ % 3}` : `hue-${own++ % HUES.length}`,
  );
}
