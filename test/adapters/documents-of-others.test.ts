import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Base, build, Catalog, check, Image, maxWaste, report, synth, waste } from "layerwright";
import { describe, expect, test } from "vitest";
import { createDiskBases } from "../../src/adapters/bases/disk-bases.js";
import { DockerCredentials } from "../../src/adapters/credentials-docker/docker-credentials.js";
import { eraseCredential, saveCredential } from "../../src/adapters/credentials-docker/saved-credentials.js";
import { outputPatterns } from "../../src/adapters/files-node/written-outputs.js";
import { loadFailure } from "../../src/adapters/outputs/engine.js";
import { dockerContext } from "../../src/adapters/outputs/engine-place.js";
import { fetchToken } from "../../src/adapters/registry-http/authorizer.js";
import { HttpRegistry } from "../../src/adapters/registry-http/http-registry.js";
import { parseSettings } from "../../src/adapters/registry-http/settings.js";
import { MemoryBlobStore } from "../../src/adapters/store-memory/memory-blob-store.js";
import { decodeLayer } from "../../src/archive/decode.js";
import { fromIndexRecord, LAYER_INDEX_KIND, toIndexRecord } from "../../src/archive/layer-index.js";
import { parseReply } from "../../src/cli/load/load-catalog.js";
import { emitDockerfile } from "../../src/dockerfile/emit-dockerfile.js";
import { isBaseFacts } from "../../src/engine/base-facts.js";
import { recallChanges } from "../../src/engine/run/remembered-run.js";
import { reasonsToRun } from "../../src/engine/run/run-inputs.js";
import { LayerwrightError } from "../../src/errors/layerwright-error.js";
import { LOCK_VERSION } from "../../src/lock/lock.js";
import { parseLock } from "../../src/lock/parse-lock.js";
import { type Digest, digestOf } from "../../src/oci/digest.js";
import { layerEncodingOf, mediaType } from "../../src/oci/manifest.js";
import { parseReference } from "../../src/oci/reference.js";
import { lastBuilt } from "../../src/project/last-built.js";
import { SynthFolder } from "../../src/project/synth-directory.js";
import { copy, makeContext, planOf, testBuild } from "../engine/support/build.js";
import {
  archiveFiles,
  type Draft,
  describeBytes,
  draft,
  type Files,
  type Json,
  json,
  layerTar,
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

/** A store in memory whose records anybody can change. */
class TamperedStore extends MemoryBlobStore {
  readonly records = new Map<string, string>();

  override async getRecord(kind: string, key: string): Promise<unknown> {
    const text = this.records.get(`${kind} ${key}`);
    return text === undefined ? undefined : JSON.parse(text);
  }

  override async putRecord(kind: string, key: string, value: unknown): Promise<void> {
    this.records.set(`${kind} ${key}`, JSON.stringify(value));
  }
}

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

/** Reads a document with each other value in each place; `read` throws coded errors alone. */
async function everywhere(document: Json, read: (value: Json) => unknown): Promise<void> {
  for (const place of placesOf(document))
    for (const other of OTHERS) {
      const found = await outcome(() => read(replacedAt(document, place, other)));
      expect(found, `${place.join(".")} is ${JSON.stringify(other)}`).toMatch(/^(?:read|refused)$/);
    }
}

/** Passes over a coded error, and over nothing else. */
function coded(error: unknown): void {
  if (!(error instanceof LayerwrightError) && (error as Error).name !== "AbortError") throw error;
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
    const sha256 = "b".repeat(64);
    const lock = {
      lockfileVersion: LOCK_VERSION,
      images: {
        "docker.io/library/debian:12": { digest, platforms: { "linux/amd64": { digest, size: 1 } } },
      },
      files: { "https://example.org/tool": { sha256, size: 1 } },
      layering: {
        "0123456789abcdef": {
          images: ["app"],
          layers: [[0], [1, 2]],
          melt: false,
          portable: [0],
          why: ["x"],
        },
      },
      encoders: { gzip: { by: "zlib", probe: sha256 } },
      certificates: { count: 1, sha256 },
    };
    const text = (value: Json) => JSON.stringify(value);
    expect(await outcome(() => parseLock(text(lock), "the lock"))).toBe("read");
    await everywhere(lock, (value) => parseLock(text(value), "the lock"));
  });

  test("the settings of registries", async () => {
    const settings = {
      registries: {
        "127.0.0.1:1": {
          ...{ http: true, mirrors: ["127.0.0.1:2"], ca: "/ca", cert: "/cert", key: "/key" },
          ...{ tokenServers: ["token.test"], chunkBytes: 1 },
        },
      },
    };
    await everywhere(settings, async (value) => {
      const read = parseSettings(JSON.stringify(value), "registries.json");
      const registry = new HttpRegistry({ settings: read, env: {}, idleMs: 1, pace: { attempts: 1 } });
      // There are no such certificates, and nothing listens there.
      await registry.resolve(parseReference("127.0.0.1:1/acme/app:v1")).catch(coded);
      await registry.close();
    });
  });

  test("the credentials of Docker, read, changed and removed", async () => {
    const config = {
      auths: {
        "registry.test": { auth: Buffer.from("a:b").toString("base64") },
        "https://index.docker.io/v1/": {
          username: "a",
          password: "b",
          identitytoken: "c",
          registrytoken: "d",
        },
      },
      HttpHeaders: { "User-Agent": "x" },
      proxies: { default: { httpProxy: "http://p.test", noProxy: "x" } },
      currentContext: "default",
      plugins: {},
    };
    const helpers = { ...config, credHelpers: { "other.test": "" }, credsStore: "none-of-this-name" };
    for (const document of [config, helpers])
      await everywhere(document, async (value) => {
        const home = tempFolder();
        const options = { env: { DOCKER_CONFIG: home }, home };
        writeFileSync(join(home, "config.json"), JSON.stringify(value));
        dockerContext({ DOCKER_CONFIG: home });
        for (const domain of ["registry.test", "docker.io", "other.test"])
          await new DockerCredentials(options).credentialFor({ domain, path: "a" }).catch(coded);
        await saveCredential("new.test", { kind: "password", username: "a", password: "b" }, options).catch(
          coded,
        );
        await eraseCredential("registry.test", options);
      });
  }, 120_000);

  test("the answers of engines and token servers", async () => {
    const line = { errorDetail: { message: "no" }, error: "no", message: "no" };
    await everywhere(line, (value) => loadFailure({ status: 200, headers: {}, body: JSON.stringify(value) }));
    const server = new URL("https://token.test/");
    const answerOf = (value: Json) => {
      const bytes = Buffer.from(JSON.stringify(value));
      const answer = { status: 200, headers: {}, url: server, read: async () => bytes };
      return { ...answer, pump: async () => {}, discard: () => {} };
    };
    await everywhere({ token: "t", access_token: "t", expires_in: 60 }, async (value) =>
      fetchToken({
        ...{ registry: "registry.test", server, service: undefined, scopes: [], credential: undefined },
        send: async () => answerOf(value),
      }),
    );
  });

  test("manifest.json of an earlier synthesis", async () => {
    const context = tempFolder();
    const catalog = new Catalog("acme", {
      app: Image.scratch().write("/x", "1"),
      other: Image.scratch().cmd(["/y"]),
    });
    await synth(catalog, { context });
    const out = join(context, "layerwright.out");
    const place = join(out, "manifest.json");
    const written = JSON.parse(readFileSync(place, "utf8"));
    await everywhere(written, (value) => {
      writeFileSync(place, JSON.stringify(value));
      // A run that wrote none of them again keeps what is there.
      const names = ["app", "other"];
      new SynthFolder(out).finish([], new Map(), { names, groups: { all: names } });
    });
  }, 120_000);

  test("the list of outputs", async () => {
    const context = tempFolder();
    mkdirSync(join(context, "layerwright.out"));
    for (const other of [
      ...OTHERS.map((value) => JSON.stringify(value)),
      "\0",
      "..",
      "/etc",
      "[",
      "a\r\nb",
      "\ufeff",
    ]) {
      writeFileSync(join(context, "layerwright.out", ".outputs"), `${other}\n${other}`);
      expect(await outcome(() => outputPatterns(context))).toBe("read");
    }
  });

  test("what the user's program hands back: whole and ours, or a coded error", async () => {
    const json = JSON.stringify({ catalog: { name: "acme", images: [] } });
    const whole = `${createHash("sha256").update(json).digest("hex")}\n${json}`;
    const request = { shown: "catalog.ts" };
    expect(parseReply(whole, request)).toEqual(JSON.parse(json));
    expect(parseReply("", request)).toBeUndefined();
    for (const other of [
      ...OTHERS.map((value) => JSON.stringify(value)),
      json,
      whole.slice(0, -1),
      `x${whole}`,
      `${whole}x`,
    ])
      expect(() => parseReply(other, request)).toThrow(
        expect.objectContaining({ code: "USER_PROGRAM_FAILED" }),
      );
  });

  test("the records of the store: the same image again", async () => {
    const context = makeContext({ f: "1\n" });
    const plain = layerTar("etc/passwd", "amy:x:7:7::/:/bin/sh\n");
    const imageOf = (bytes: Uint8Array, type: string): Draft => {
      const diffId = digestOf(plain);
      const rootfs = { type: "layers", diff_ids: [diffId] };
      const config = { architecture: "amd64", os: "linux", rootfs };
      return { ...draft(), config, layers: [{ bytes, mediaType: type, diffId }] };
    };
    const layout = asFolder(layoutFiles(imageOf(gzipSync(plain), mediaType.ociLayerGzip)));
    const saved = { image: imageOf(plain, mediaType.ociLayer), tags: ["a:b"] };
    const archive = asFolder(archiveFiles([saved]));
    const store = new TamperedStore();
    const bases = createDiskBases({
      store,
      decompress: (bytes, name) => decodeLayer(bytes, { archive: name }),
    });
    const made = async () => {
      const built: Digest[] = [];
      for (const base of [
        { kind: "layout", path: layout },
        { kind: "archive", path: archive },
      ] as const)
        for (const squash of ["keep", "all"] as const) {
          const plan = planOf([[copy("f", "/new/", { owner: { user: "amy" } })]], { base, squash });
          const { image: one } = (await testBuild(plan, context, { store, bases })).built;
          built.push(one.manifest.descriptor.digest);
        }
      return built;
    };
    const right = await made();
    const records = [...store.records];
    expect(new Set(records.map(([name]) => name.split(" ")[0]))).toEqual(
      new Set(["base-layer", "layer", LAYER_INDEX_KIND, "plain-tar-1"]),
    );
    for (const [name, text] of records) {
      await everywhere(JSON.parse(text), async (value) => {
        store.records.clear();
        for (const [key, own] of records) store.records.set(key, own);
        store.records.set(name, JSON.stringify(value));
        const again = await made();
        // Of the files of a base a record may say something else that could be so, which its own sha256 is against.
        if (/^(?:base-)?layer /.test(name)) expect(again).toEqual(right);
      });
    }
  }, 300_000);

  test("the other records of the store, by their readers", async () => {
    const digest: Digest = `sha256:${"a".repeat(64)}`;
    const store = (value: Json) => Object.assign(new MemoryBlobStore(), { getRecord: async () => value });
    await everywhere({ digest, size: 1, gone: ["/a"], unchanged: ["/b"] }, (value) =>
      recallChanges("key", store(value)),
    );
    const inputs = { root: [{ what: "base", key: "k" }], command: "c", env: { A: "1" }, rest: { user: "2" } };
    await everywhere(inputs, (value) => reasonsToRun("place", inputs, store(value)));
    const config = { ...full().config, config: { ...full().config.config, OnBuild: [] } };
    const descriptor = { mediaType: "application/vnd.oci.image.layer.v1.tar", digest, size: 1 };
    const built = {
      ...{ stage: "s", inputs: "i", digest, config },
      layers: [{ diffId: digest, descriptor, description: "d", inherited: false, uncompressedSize: 1 }],
      history: [{ at: "2026-11-28T12:00:00.000Z", digest, size: 1, layers: 1 }],
    };
    const key = { context: "/c", knownAs: "acme/app", platform: { os: "linux", architecture: "amd64" } };
    expect(await lastBuilt(store(built), key)).toEqual(built);
    await everywhere(built, async (value) => {
      const found = await lastBuilt(store(value), key);
      for (const layer of found?.layers ?? []) layerEncodingOf(layer.descriptor.mediaType);
      for (const { at, size } of found?.history ?? []) at.slice(0, size.toFixed().length);
    });
    const path = { type: "folder", mode: 0o755, uid: 0, gid: 0 };
    const facts = {
      ...{ digest, layers: 1, config: { Env: ["A=b"], User: "1", Labels: { a: "b" }, WorkingDir: "/w" } },
      paths: { "/": path, "/d": path, "/x": null, "/l": { ...path, type: "symlink", size: 1, target: "/d" } },
      ...{ users: { amy: { uid: 1, gid: 1 } }, groups: { amy: 1 } },
      lost: { names: ["user.a"], paths: 1, first: "/d" },
    };
    expect(isBaseFacts(facts)).toBe(true);
    await everywhere(facts, (value) => {
      if (!isBaseFacts(value)) return;
      const base = { kind: "registry", reference: "docker.io/library/a:b", known: value } as const;
      emitDockerfile(planOf([[copy("f", "/d/", { owner: { user: "amy" } })]], { base }));
    });
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
