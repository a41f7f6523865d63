import type { MessageArea } from "../message.js";

/** Images that a build starts from, and their layers. */
export const baseMessages = {
  LAYER_INVALID: (p: { layer: string; path: string; reason: string }) => ({
    message: `the layer ${p.layer} cannot be applied at ${JSON.stringify(p.path)}: ${p.reason}`,
    hint: "the image was made by a tool that writes wrong layers: pull it again, or build it again with another tool",
  }),
  DIFF_ID_WRONG: (p: { diffId: string; found: string }) => ({
    message: `the layer that the image's config calls ${p.diffId} unpacks to ${p.found}`,
    hint: "the image is damaged or was put together wrong: pull it again, or build it again",
  }),
  LINK_LOOP: (p: { path: string }) => ({
    message: `the path ${JSON.stringify(p.path)} leads through more than 40 symbolic links inside the image`,
    hint: "the links of the image point at each other: give the path that they should lead to",
  }),
} satisfies MessageArea;
