import { test } from "vitest";
import { MemoryRegistry } from "../../../src/testing/index.js";
import { registrySkipReason, startRealRegistry } from "../../peers/real-registry.js";
import { serveHandler } from "../../peers/serve-handler.js";
import { describeRegistry } from "./conformance.js";

const ALL = { referrers: true, sha512: true, deletesTags: true, checksChunks: true, pagesTags: true };

describeRegistry(
  "the registry in memory",
  async () => ({
    send: new MemoryRegistry().handle,
    origin: "http://localhost",
    close: async () => {},
  }),
  ALL,
);

describeRegistry(
  "the registry in memory, over a socket",
  async () => {
    const { origin, close } = await serveHandler(new MemoryRegistry().handle);
    return { send: fetch, origin, close };
  },
  ALL,
);

const reason = registrySkipReason();
if (reason === undefined) {
  describeRegistry(
    "docker-registry 2.8",
    async () => {
      const { origin, stop } = await startRealRegistry();
      return { send: fetch, origin, close: stop };
    },
    { referrers: false, sha512: false, deletesTags: false, checksChunks: false, pagesTags: false },
  );
} else {
  test.skip(`docker-registry: ${reason}`, () => {});
}
