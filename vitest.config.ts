import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^layerwright$/, replacement: source("index.ts") },
      { find: /^layerwright\/testing$/, replacement: source("testing/index.ts") },
      { find: /^layerwright\/testing\/vitest$/, replacement: source("testing/vitest.ts") },
    ],
  },
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: "test/compiled-package.ts",
    testTimeout: 60_000,
    hookTimeout: 300_000,
    reporters: ["default", "./test/closing-line.ts"],
    // No test depends on what a public registry says: only the tests' own registries are asked.
    env: { LAYERWRIGHT_LOOKUP: "never" },
    pool: "forks",
    maxWorkers: 2,
    // Of tests that may run beside each other: they wait for builders, and each holds a few images.
    maxConcurrency: 3,
  },
});
