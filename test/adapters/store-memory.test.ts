import { describe } from "vitest";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import { conformsAsBlobStore } from "./blob-store-conformance.js";

describe("the store in memory", () => {
  let store: MemoryBlobStore;
  conformsAsBlobStore(
    async () => {
      store = new MemoryBlobStore();
      return store;
    },
    (digest, bytes) => store.blobs.set(digest, bytes),
  );
});
