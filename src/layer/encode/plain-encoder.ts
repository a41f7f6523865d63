import type { EncodeSession, LayerEncoder } from "./layer-encoder.js";

const NOTHING = new Uint8Array(0);

const session: EncodeSession = {
  header: NOTHING,
  note() {},
  encode: (block) => Promise.resolve(block),
  async decode(bytes, block) {
    block.set(bytes);
  },
  trailer: () => NOTHING,
  async close() {},
};

/** No compression: the blob is the tar. */
export const plainEncoder: LayerEncoder = {
  encoding: "none",
  id: "none",
  reusable: false,
  parallel: 1,
  open: () => session,
};
