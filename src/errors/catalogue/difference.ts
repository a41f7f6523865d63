import type { MessageArea } from "../message.js";

/** Messages: comparing two images. */
export const differenceMessages = {
  DIFF_LAYER_GONE: (p: { name: string; digest: string }) => ({
    message: `the layer ${p.digest} of ${p.name} as it was built last is no longer in the store, so files and packages are not compared`,
    hint: "build the image, which keeps its layers, and compare again after the next change; or compare with an archive of the earlier image",
  }),
  DIFF_OPERANDS: (p: { operands: readonly string[] }) => ({
    message: `${p.operands.join(", ")} cannot be compared: only images of the catalog have a last build`,
    hint: "name two images to compare one with the other (layerwright diff app app.tar), or only names of the catalog to compare each with its last build",
  }),
} satisfies MessageArea;
