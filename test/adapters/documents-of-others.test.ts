import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Base, build, Catalog, check, Image, maxWaste, report, waste } from "layerwright";
import { describe, expect, test } from "vitest";
import { LayerwrightError } from "../../src/errors/layerwright-error.js";
import { fromIndexRecord, toIndexRecord } from "../../src/layer/layer-index-record.js";
import { LOCK_VERSION } from "../../src/lock/lock.js";
import { parseLock } from "../../src/lock/parse-lock.js";
import {
  archiveFiles,
  type Draft,
  describeBytes,
  draft,
  type Files,
  type Json,
  json,
  layoutFiles,
} from "./image-fixture.js";
import { asFolder, readBase } from "./open-base.js";
import { tempFolder } from "./temp-folder.js";

/** What another program may write in the place of anything. */
const OTHERS: readonly Json[] = [null, 7, -1.5, "text", "", true, [], [null], {}, { a: null }, [[]], [{}]];

/** Every place in a document, the document itself among them. */
function placesOf(value: Json, at: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  const below =
    value === null || typeof value !== "object"
      ? []
      : Object.keys(value).flatMap((key) =>
          placesOf(value[key], [...at, Array.isArray(value) ? Number(key) : key]),
        );
  return [at, ...below];
}

function replacedAt(document: Json, place: readonly (string | number)[], other: Json): Json {
  if (place.length === 0) return other;
  const copy = structuredClone(document);
  let parent = copy;
  for (const key of place.slice(0, -1)) parent = parent[key];
  parent[place.at(-1)!] = other;
  return copy;
}

const full = (): Draft => {
  const image = draft();
  Object.assign(image.config, { created: "1970-01-01T00:00:00Z", variant: "v2", author: "a" });
  image.config.config = {
    User: "1",
    WorkingDir: "/",
    StopSignal: "SIGTERM",
    Env: ["PATH=/bin"],
    Cmd: ["a"],
    Entrypoint: ["b"],
    Shell: ["sh", "-c"],
    OnBuild: ["RUN x"],
    Labels: { a: "b" },
    Volumes: { "/v": {} },
    ExposedPorts: { "80/tcp": {} },
    Healthcheck: {
      Test: ["CMD", "x"],
      Interval: 1,
      Timeout: 1,
      StartPeriod: 1,
      StartInterval: 1,
      Retries: 1,
    },
  };
  image.manifest.annotations = { a: "b" };
  return image;
};

/** Documents of an image, and the files of an image in which one of them is replaced. */
const documents: readonly (readonly [
  string,
  Json,
  (document: Json) => { files: Files; kind: "layout" | "archive" },
])[] = [
  [
    "a config",
    full().config,
    (config) => ({ files: layoutFiles({ ...full(), raw: { config: json(config) } }), kind: "layout" }),
  ],
  [
    "a manifest",
    manifestOf(full()),
    (manifest) => ({ files: layoutFiles({ ...full(), raw: { manifest: json(manifest) } }), kind: "layout" }),
  ],
  [
    "an index",
    JSON.parse(Buffer.from(layoutFiles(full()).get("index.json")!).toString()),
    (index) => ({ files: layoutFiles({ ...full(), raw: { index: json(index) } }), kind: "layout" }),
  ],
  [
    "oci-layout",
    full().layout,
    (layout) => ({ files: layoutFiles({ ...full(), raw: { layout: json(layout) } }), kind: "layout" }),
  ],
  ["manifest.json of docker save", archiveList(), (list) => ({ files: archiveOf(list), kind: "archive" })],
];

function manifestOf(image: Draft): Json {
  const layers = image.layers.map((layer) => describeBytes(layer.mediaType, layer.bytes));
  return {
    config: describeBytes("application/vnd.oci.image.config.v1+json", json(image.config)),
    layers,
    ...image.manifest,
  };
}

function archiveList(): Json {
  return JSON.parse(
    Buffer.from(archiveFiles([{ image: full(), tags: ["a:b"] }]).get("manifest.json")!).toString(),
  );
}

function archiveOf(list: Json): Files {
  const files = archiveFiles([{ image: full(), tags: ["a:b"] }]);
  files.set("manifest.json", json(list));
  return files;
}

async function outcome(run: () => unknown): Promise<string> {
  try {
    await run();
    return "read";
  } catch (error) {
    return error instanceof LayerwrightError ? "refused" : `fault: ${String(error)}`;
  }
}

describe("A6: a document with anything in the place of anything is read, or refused with a code", () => {
  test.each(documents)(
    "%s",
    async (_, document, put) => {
      const counts: Record<string, number> = {};
      for (const place of placesOf(document)) {
        for (const other of OTHERS) {
          const { files, kind } = put(replacedAt(document, place, other));
          const path = asFolder(files);
          const location = kind === "layout" ? { kind, path } : { kind, path };
          const found = await outcome(() => readBase(location as Parameters<typeof readBase>[0]));
          counts[found] = (counts[found] ?? 0) + 1;
          expect(found, `${place.join(".")} is ${JSON.stringify(other)}`).toMatch(/^(?:read|refused)$/);
        }
      }
      expect(counts["refused"]).toBeGreaterThan(0);
    },
    120_000,
  );

  test("the lock", async () => {
    const digest = `sha256:${"a".repeat(64)}`;
    const image = { digest, platforms: { "linux/amd64": { digest, size: 1 } } };
    const lock = {
      lockfileVersion: LOCK_VERSION,
      images: { "docker.io/library/debian:12": image },
      files: {},
    };
    for (const place of placesOf(lock))
      for (const other of OTHERS) {
        const found = await outcome(() =>
          parseLock(JSON.stringify(replacedAt(lock, place, other)), "the lock"),
        );
        expect(found, `${place.join(".")} is ${JSON.stringify(other)}`).toMatch(/^(?:read|refused)$/);
      }
  });

  test("the index of a layer in the store is made again", () => {
    const entry = { type: "file", path: "a", mode: 0o644, uid: 0, gid: 0, size: 1, mtime: 0 } as const;
    const record = toIndexRecord({ diffId: "sha256:0", size: 1, entries: [{ entry, offset: 512 }] } as never);
    for (const place of placesOf(record))
      for (const other of OTHERS)
        expect(() => fromIndexRecord(replacedAt(record, place, other), "sha256:0" as never)).not.toThrow();
  });
});

test.each([
  "Env",
  "Cmd",
  "Entrypoint",
  "Labels",
  "Volumes",
  "ExposedPorts",
  "OnBuild",
  "Shell",
  "Healthcheck",
  "User",
])("A6: %s that is null, as docker import and docker save write it, is none to every verb", async (key) => {
  const image = full();
  delete image.config.variant;
  image.config.config = { ...image.config.config, OnBuild: undefined, [key]: null };
  const directory = tempFolder();
  const base = asFolder(layoutFiles(image));
  const app = Image.from(Base.layout(base)).write("/x", "1").env({ A: "1" }).label("c", "d");
  const catalog = new Catalog("null", { app }, { platforms: ["linux/amd64"], policies: [maxWaste("1GB")] });
  await build(catalog, { context: directory, output: join(directory, "out") });
  expect(await waste(catalog, { context: directory })).toBeDefined();
  await report(catalog, { context: directory });
  await check(catalog, { context: directory });
  writeFileSync(join(directory, "done"), "");
});
