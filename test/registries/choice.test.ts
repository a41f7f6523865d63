import { createHash } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, describe as group, test } from "vitest";
import { diff } from "../../src/api/analyze.js";
import { build } from "../../src/api/build.js";
import { pull, rebase } from "../../src/api/registry.js";
import { canonicalJson } from "../../src/core/json.js";
import { isLayerwrightError, type LayerwrightError } from "../../src/errors/layerwright-error.js";
import { Image } from "../../src/image/image.js";
import { chooseImage } from "../../src/oci/choose-image.js";
import { digestOf } from "../../src/oci/digest.js";
import type { Descriptor } from "../../src/oci/manifest.js";
import { mediaType } from "../../src/oci/manifest.js";
import { hostPlatform, platformText } from "../../src/oci/platform.js";
import { parseReference } from "../../src/oci/reference.js";
import { inspectArchive } from "../../src/project/inspect.js";
import { resolveImage } from "../../src/project/lock/look-up.js";
import { openRegistry } from "../../src/project/registry/open-registry.js";
import {
  addBlob,
  addImage,
  archiveFiles,
  type Draft,
  draft,
  type Files,
  type Json,
  json,
  layoutFiles,
} from "../adapters/image-fixture.js";
import { asFolder, asTar } from "../adapters/open-base.js";
import { registryFixture } from "../api/registry-fixture.js";
import { runHere } from "../cli/cli-support.js";

// One chooser of images and platforms for every verb.

const HERE = platformText(hostPlatform());
const [AMD, ARM] = ["linux/amd64", "linux/arm64"] as const;
const platformOf = (text: string) => {
  const [os = "", architecture = ""] = text.split("/");
  return { os, architecture };
};

let at: Awaited<ReturnType<typeof registryFixture>>;
let manifests: Record<string, Descriptor>;
beforeAll(async () => {
  at = await registryFixture();
  await at.push(Image.scratch().write("/base", "1"), "base:v1", { platforms: [AMD, ARM] });
  await at.push(Image.scratch().write("/base", "2"), "base:v2", { platforms: [AMD, ARM] });
  const app = Image.from(`${at.host}/base:v1`).write("/app", "app");
  await at.push(app, "app:whole", { platforms: [AMD, ARM] });
  const { bytes } = await at.client.document(parseReference(`${at.host}/app:whole`));
  const index = JSON.parse(Buffer.from(bytes).toString()) as { manifests: Descriptor[] };
  manifests = Object.fromEntries(
    index.manifests.map(({ platform, ...rest }) => [platformText(platform!), rest]),
  );
});
afterAll(() => at.close());

/** Puts an index under a tag of the repository, or under its digest alone. */
async function putIndex(entries: readonly Json[], tag?: string): Promise<Json> {
  const bytes = Buffer.from(
    canonicalJson({ schemaVersion: 2, mediaType: mediaType.ociIndex, manifests: entries }),
  );
  const descriptor = { mediaType: mediaType.ociIndex, digest: digestOf(bytes), size: bytes.length };
  const { domain, path } = parseReference(`${at.host}/app`);
  const to = { domain, path, ...(tag === undefined ? { digest: descriptor.digest } : { tag }) };
  await at.client.putDocument(to, { descriptor, bytes });
  return descriptor;
}

/** Puts an artifact, which is a manifest of something that is no image. */
async function putArtifact(): Promise<Json> {
  const repository = parseReference(`${at.host}/app`);
  const [config, data] = [Buffer.from("{}"), Buffer.from("signature")];
  const blobs = [config, data].map((bytes, index) => ({
    mediaType: index === 0 ? "application/vnd.example.config+json" : "text/plain",
    digest: digestOf(bytes),
    size: bytes.length,
  }));
  for (const [index, descriptor] of blobs.entries()) {
    const bytes = [config, data][index]!;
    await at.client.upload(repository, {
      descriptor,
      bytes: async function* () {
        yield bytes;
      },
    });
  }
  const bytes = Buffer.from(
    canonicalJson({
      schemaVersion: 2,
      mediaType: mediaType.ociManifest,
      config: blobs[0],
      layers: [blobs[1]],
    }),
  );
  const descriptor = { mediaType: mediaType.ociManifest, digest: digestOf(bytes), size: bytes.length };
  const { domain, path } = repository;
  await at.client.putDocument({ domain, path, digest: descriptor.digest }, { descriptor, bytes });
  return descriptor;
}

/** Puts the manifest of a platform again, by another algorithm's digest. */
async function putBySha512(platform: string): Promise<string> {
  const { digest: known, mediaType: type } = manifests[platform]!;
  const { bytes } = await at.client.document(parseReference(`${at.host}/app@${known}`));
  const digest = `sha512:${createHash("sha512").update(bytes).digest("hex")}`;
  const put = { method: "PUT", headers: { "content-type": type }, body: Buffer.from(bytes) };
  expect((await fetch(`http://${at.host}/v2/app/manifests/${digest}`, put)).status).toBe(201);
  return digest;
}

async function coded(work: Promise<unknown>): Promise<LayerwrightError> {
  return work.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => {
      if (isLayerwrightError(error)) return error;
      throw error;
    },
  );
}

const file = (name: string) => join(mkdtempSync(join(at.folder, "out-")), name);

/** Carries out every verb on a reference for a platform; each has to find the very manifest. */
async function expectEveryVerb(reference: string, platform: string): Promise<void> {
  const digest = manifests[platform]!.digest;
  const options = { ...at.common, store: mkdtempSync(join(at.folder, "store-")) };
  const output = file("pulled.tar");
  expect((await pull(reference, { ...options, platforms: [platform], output })).digests).toEqual([digest]);
  const registry = await openRegistry({ registries: {} });
  try {
    const locked = await resolveImage(reference, [platform], registry);
    expect(locked.platforms[platform]?.digest).toBe(digest);
  } finally {
    await registry.close();
  }
  const child = Image.from(reference).write("/child", "x");
  const built = file("child.tar");
  await build(child, { ...options, platform, output: built });
  const [seen] = await inspectArchive(built, { platform, store: options.store });
  expect(seen?.layers).toHaveLength(3);
  const same = await diff(reference, `${at.host}/app@${digest}`, { ...options, platform });
  expect(same.files ?? []).toEqual([]);
  const [pulled] = await inspectArchive(output, { platform, store: options.store });
  expect(pulled?.platform).toEqual(platformOf(platform));
}

const withPlatform = (text: string) => ({ ...manifests[text]!, platform: platformOf(text) });

group("G1, G2: what an index of a registry may look like", () => {
  const cases: readonly (readonly [string, () => Promise<readonly Json[]>])[] = [
    [
      "an entry of a platform that is an index, with an attestation",
      async () => {
        const attestation = {
          ...(await putArtifact()),
          platform: { os: "unknown", architecture: "unknown" },
        };
        return Promise.all(
          [AMD, ARM].map(async (text) => ({
            ...(await putIndex([withPlatform(text), attestation])),
            platform: platformOf(text),
          })),
        );
      },
    ],
    ["entries without a platform", async () => [manifests[AMD], manifests[ARM]]],
    [
      "a platform that is null",
      async () => [AMD, ARM].map((text) => ({ ...manifests[text], platform: null })),
    ],
    [
      "a platform of empty texts",
      async () => [AMD, ARM].map((text) => ({ ...manifests[text], platform: { os: "", architecture: "" } })),
    ],
    [
      "an index in an index in an index",
      async () => [await putIndex([await putIndex([withPlatform(AMD), withPlatform(ARM)])])],
    ],
    ["an entry that says it and one that does not", async () => [withPlatform(AMD), manifests[ARM]]],
    ["an artifact without a platform", async () => [await putArtifact(), manifests[AMD], manifests[ARM]]],
    [
      "a digest by another algorithm",
      async () => [
        { ...withPlatform(AMD), digest: await putBySha512(AMD) },
        withPlatform(AMD),
        withPlatform(ARM),
      ],
    ],
  ];
  test.each(cases)("%s", async (name, make) => {
    const tag = `case-${cases.findIndex(([other]) => other === name)}`;
    await putIndex(await make(), tag);
    for (const platform of [AMD, ARM]) await expectEveryVerb(`${at.host}/app:${tag}`, platform);
    const done = await rebase(`${at.host}/app:${tag}`, {
      ...at.common,
      onto: `${at.host}/base:v2`,
      to: "new",
    });
    expect(done.platforms.map((one) => platformText(one.platform)).sort()).toEqual([AMD, ARM]);
  });

  test("a platform that is not there is named with those that are", async () => {
    await putIndex([manifests[AMD], withPlatform(ARM)], "two");
    const work = pull(`${at.host}/app:two`, {
      ...at.common,
      platforms: ["linux/s390x"],
      output: file("x.tar"),
    });
    expect(await coded(work)).toMatchObject({
      code: "BASE_PLATFORM_MISSING",
      hint: expect.stringContaining('"linux/amd64", "linux/arm64"'),
    });
  });

  test("an index deeper than four is refused, and one of many entries without a platform is read so far only", async () => {
    let top = await putIndex([withPlatform(AMD)]);
    for (let depth = 0; depth < 4; depth++) top = await putIndex([top], depth === 3 ? "deep" : undefined);
    const work = pull(`${at.host}/app:deep`, { ...at.common, platforms: [AMD], output: file("x.tar") });
    expect(await coded(work)).toMatchObject({ code: "BASE_IMAGE_INVALID" });
  });
});

test("G2: a choice among thousands of entries without a platform reads 500 documents and no more", async () => {
  let read = 0;
  const tops = Array.from({ length: 5000 }, (_, entry) => ({
    mediaType: mediaType.ociManifest,
    digest: digestOf(`entry ${entry}`),
    size: 1,
  }));
  const work = chooseImage(
    tops,
    { platform: hostPlatform() },
    {
      name: "a.example/app",
      has: () => true,
      index: async () => undefined,
      image: async () => ({ read: ++read }),
      platformOf: () => ({ os: "linux", architecture: "s390x" }),
    },
  );
  expect(await coded(work)).toMatchObject({ code: "BASE_IMAGE_INVALID" });
  expect(read).toBe(500);
});

test("G14: diff of images in a registry for another processor alone needs no platform", async () => {
  const other = HERE === ARM ? AMD : ARM;
  await putIndex([withPlatform(other)], "other");
  await putIndex([manifests[other]], "other-bare");
  const same = await diff(`${at.host}/app:other`, `${at.host}/app:other-bare`, at.common);
  expect(same.files ?? []).toEqual([]);
});

group("G21: images that are not for Linux", () => {
  test("an index with one for Windows cannot be rebased, and says so", async () => {
    await putIndex(
      [withPlatform(AMD), { ...manifests[ARM], platform: platformOf("windows/amd64") }],
      "mixed",
    );
    const work = rebase(`${at.host}/app:mixed`, { ...at.common, onto: `${at.host}/base:v2`, to: "new" });
    const error = await coded(work);
    expect(error.code).toBe("REBASE_NOT_LINUX");
    expect(error.message).toContain("windows/amd64");
  });

  test("--platform windows/amd64 is told that it has to be Linux", async () => {
    const ran = await runHere(["inspect", "x.tar", "--platform", "windows/amd64"]);
    expect(ran.code).not.toBe(0);
    expect(ran.stderr).toContain("linux as the os");
    expect(ran.stderr).not.toContain("undefined");
  });
});

const changed = (change: (image: Draft) => void): Draft => {
  const image = draft();
  change(image);
  return image;
};
const another = (architecture = "amd64") =>
  changed((image) => {
    image.config.architecture = architecture;
    image.config.created = "2020-01-01T00:00:00Z";
  });

/** A layout of several images, whose index is made from their descriptors. */
function layoutOf(
  images: readonly Draft[],
  index: (descriptors: readonly Json[], files: Files) => Json,
): Files {
  const files: Files = new Map();
  files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
  const descriptors = images.map((image) => addImage(files, image));
  files.set("index.json", json({ schemaVersion: 2, manifests: index(descriptors, files) }));
  return files;
}

const inspect = (path: string, tag?: string, platform?: string) =>
  inspectArchive(path, {
    ...(tag === undefined ? {} : { tag }),
    ...(platform === undefined ? {} : { platform }),
    store: join(at.folder, "store"),
  });

group("G11: an archive of two images by id", () => {
  const linux = { platform: { os: "linux", architecture: "amd64" } };

  test.each([
    ["with platforms", linux],
    ["without", {}],
  ])("in an index, %s: it asks which, and takes the digest", async (_, more) => {
    const files = layoutOf([draft(), another()], (found) => found.map((one) => ({ ...one, ...more })));
    const path = asTar(files);
    const error = await coded(inspect(path));
    expect(error.code).toBe("BASE_TAG_NEEDED");
    const digests = error.hint.match(/sha256:[a-f0-9]{64}/g) ?? [];
    expect(digests).toHaveLength(2);
    for (const digest of digests) {
      expect((await inspect(path, digest))[0]?.digest).toBe(digest);
      expect((await inspect(path, digest.slice(7, 19)))[0]?.digest).toBe(digest);
    }
  });

  test("in what docker save writes: the same", async () => {
    const images = [draft(), another()].map((image) => ({ image, tags: null }));
    const path = asTar(archiveFiles(images));
    const error = await coded(inspect(path));
    expect(error.code).toBe("BASE_TAG_NEEDED");
    const ids = error.hint.match(/sha256:[a-f0-9]{64}/g) ?? [];
    expect(ids).toHaveLength(2);
    for (const id of ids) expect(await inspect(path, id)).toHaveLength(1);
  });

  test("two images without names for two platforms are one image", async () => {
    const path = asTar(layoutOf([another("amd64"), another("arm64")], (found) => found));
    for (const text of [AMD, ARM]) {
      expect((await inspect(path, undefined, text))[0]?.platform).toEqual(platformOf(text));
    }
  });
});

group("G12: what other writers leave in the JSON", () => {
  test('"manifests": null beside a manifest.json', async () => {
    const files = archiveFiles([{ image: draft(), tags: ["acme/app:v1"] }]);
    files.set("oci-layout", json({ imageLayoutVersion: "1.0.0" }));
    files.set("index.json", json({ schemaVersion: 2, manifests: null }));
    const path = asTar(files);
    expect((await inspect(path))[0]?.format).toBe("docker archive");
    expect((await diff(path, path, at.common)).files ?? []).toEqual([]);
  });

  test('"manifests": null and nothing else is an empty layout', async () => {
    const path = asTar(layoutOf([draft()], () => null));
    expect(await coded(inspect(path))).toMatchObject({ code: "BASE_EMPTY" });
  });

  test("keys of manifest.json in lower case", async () => {
    const files = archiveFiles([{ image: draft(), tags: ["acme/app:v1"] }]);
    const [{ Config: config, RepoTags: repotags, Layers: layers }] = JSON.parse(
      Buffer.from(files.get("manifest.json")!).toString(),
    );
    files.set("manifest.json", json([{ config, repotags, layers }]));
    expect((await inspect(asTar(files)))[0]?.references).toEqual(["acme/app:v1"]);
    files.set("manifest.json", json([{ Config: config, config: "other.json", repotags, layers }]));
    expect(await coded(inspect(asTar(files)))).toMatchObject({ code: "BASE_IMAGE_INVALID" });
  });
});

group("G13: a tag as Docker shows it", () => {
  const full = { annotations: { "io.containerd.image.name": "docker.io/acme/app:v1" } };
  const other = { annotations: { "io.containerd.image.name": "docker.io/library/nginx:latest" } };

  test.each(["acme/app:v1", "docker.io/acme/app:v1", "index.docker.io/acme/app:v1", "v1"])(
    "%s",
    async (tag) => {
      const files = layoutOf([draft(), another()], ([one, two]) => [
        { ...one, ...full },
        { ...two, ...other },
      ]);
      expect((await inspect(asTar(files), tag))[0]?.references).toEqual(["docker.io/acme/app:v1"]);
      const saved = archiveFiles([
        { image: draft(), tags: ["docker.io/acme/app:v1"] },
        { image: another(), tags: ["nginx:latest"] },
      ]);
      expect((await inspect(asTar(saved), tag))[0]?.references).toEqual(["docker.io/acme/app:v1"]);
    },
  );

  test("nginx is nginx:latest", async () => {
    const files = layoutOf([draft(), another()], ([one, two]) => [
      { ...one, ...full },
      { ...two, ...other },
    ]);
    expect((await inspect(asTar(files), "nginx"))[0]?.references).toEqual(["docker.io/library/nginx:latest"]);
  });
});

group("G14: a file of one image for another processor", () => {
  test.each(["s390x", "riscv64"])("%s is shown without a platform, and only then", async (architecture) => {
    const image = another(architecture);
    const paths = [
      asFolder(layoutFiles(image)),
      asTar(layoutFiles(image)),
      asTar(archiveFiles([{ image, tags: ["a/b:c"] }])),
    ];
    for (const path of paths) {
      expect((await inspect(path))[0]?.platform).toEqual({ os: "linux", architecture });
      expect((await diff(path, path, at.common)).files ?? []).toEqual([]);
      expect(await coded(inspect(path, undefined, AMD))).toMatchObject({ code: "BASE_PLATFORM_MISSING" });
    }
  });

  test("of two others it is not said which: the platforms are listed", async () => {
    const path = asTar(layoutOf([another("s390x"), another("riscv64")], (found) => found));
    expect(await coded(inspect(path))).toMatchObject({
      code: "BASE_PLATFORM_MISSING",
      hint: expect.stringContaining("linux/s390x"),
    });
  });
});

group("G22: a descriptor by sha512 in a layout", () => {
  const digest = `sha512:${createHash("sha512").update("x").digest("hex")}`;

  test("the others are read", async () => {
    const files = layoutOf([draft()], ([one], all) => [
      { ...addBlob(all, mediaType.ociManifest, Buffer.from("{}")), digest },
      one,
    ]);
    for (const path of [asFolder(files), asTar(files)]) expect(await inspect(path)).toHaveLength(1);
  });

  test("alone it is named", async () => {
    const path = asTar(layoutOf([draft()], ([one]) => [{ ...one, digest }]));
    const error = await coded(inspect(path));
    expect(error.code).toBe("BASE_UNSUPPORTED");
    expect(error.message).toContain("sha512");
  });
});
