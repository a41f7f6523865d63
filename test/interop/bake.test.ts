import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Base, build, Catalog, context as folderContext, Image, synth } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { PLATFORM } from "../golden/golden-cases.js";
import { compareImages } from "../peers/compare.js";
import { imageListing } from "../peers/image-listing.js";
import { type Peer, requirePeer, seenByPeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";
import { workFolder } from "./storage.js";

/** Catalogs that real buildx bakes from the file that `synth` writes, against the direct build. */
const { folder, remove } = workFolder();
const noSandbox = await whyNoSandbox();
afterAll(remove);
beforeAll(ensureBases);

/** The numbers under which BuildKit carried out the steps that match: one where children take what their parent made. */
function stepsOf(log: string, step: RegExp): ReadonlySet<string> {
  const lines = log.split("\n").filter((line) => step.test(line));
  return new Set(lines.map((line) => line.split(" ")[0]!));
}

interface BakeDocument {
  readonly group: Readonly<Record<string, { readonly targets: readonly string[] }>>;
  readonly target: Readonly<
    Record<string, { readonly contexts?: Readonly<Record<string, string>>; readonly tags: readonly string[] }>
  >;
}

function project(name: string): { readonly context: string; readonly store: string } {
  const context = join(folder, name);
  mkdirSync(join(context, "site"), { recursive: true });
  mkdirSync(join(context, "other"));
  mkdirSync(join(context, "out"));
  cpSync(join(BASES, "layout"), join(context, "base"), { recursive: true });
  writeFileSync(join(context, "site/index.html"), "<h1>hello</h1>\n");
  writeFileSync(join(context, "other/file"), "of another context\n");
  writeFileSync(join(context, "token"), "secret\n");
  return { context, store: join(folder, `${name}-store`) };
}

/** Bakes every target of the file, an OCI archive each in `out/`, and gives what was printed on the way. */
async function bake(peer: Peer, context: string, targets: readonly string[]): Promise<string> {
  const outputs = targets.map((name) => `--set ${name}.output=type=oci,dest=out/${name}.tar`).join(" ");
  const options = `--progress=plain --provenance=false ${outputs}`;
  const command = `cd ${seenByPeer(peer, context)} && docker buildx bake -f layerwright.out/docker-bake.json`;
  return runInPeer(peer, ["sh", "-c", `${command} ${options} 2>&1`]);
}

function bakeDocument(context: string): BakeDocument {
  return JSON.parse(readFileSync(join(context, "layerwright.out/docker-bake.json"), "utf8")) as BakeDocument;
}

describe.each(["docker26", "docker28"] as const)("buildx of %s", (name) => {
  test.skipIf(noSandbox !== undefined)(
    "bakes children on the target of their parent",
    { timeout: 300_000 },
    async (context_) => {
      const peer = requirePeer(context_, name);
      const { context, store } = project(name);
      const parent = Image.from(Base.layout("base", { tag: "v1" }))
        .env("GREETING", "hello")
        .run("echo $GREETING > /greeting && sha256sum < /run/secrets/token > /sum", {
          // The engines of the peers have no bridge.
          network: "none",
          mounts: [{ type: "secret", id: "token", required: true }],
        })
        .label("org.example.kind", "parent");
      const server = Image.from(parent)
        .copy("site/", "/srv/site/")
        .run("cat /greeting > /seen", { network: "none" })
        .cmd(["/bin/cat", "/seen"]);
      const worker = Image.from(parent)
        .copy(server.path("/srv/site/index.html"), "/page")
        .copy(folderContext("shared", "other"), "/shared/")
        .annotation("org.example.note", "of the manifest");
      const alone = Image.scratch().write("/alone", "1\n");
      const catalog = new Catalog(
        "bake-proof",
        { parent, api: { server, worker }, alone },
        { platforms: [PLATFORM], groups: { nightly: ["api/worker", "alone"] } },
      );
      const result = await synth(catalog, { context, store });
      expect(result.bake).toBe("layerwright.out/docker-bake.json");
      const { group, target } = bakeDocument(context);
      const names = ["parent", "api-server", "api-worker", "alone"];
      expect(group).toEqual({
        default: { targets: expect.arrayContaining(names) },
        api: { targets: ["api-server", "api-worker"] },
        nightly: { targets: ["api-worker", "alone"] },
      });
      expect(target["api-server"]?.contexts).toMatchObject({ parent: "target:parent" });
      expect(target["api-worker"]?.contexts).toMatchObject({
        parent: "target:parent",
        "api-server": "target:api-server",
        shared: "other",
      });
      expect(target["api-worker"]?.tags).toEqual(["bake-proof/api/worker"]);

      const log = await bake(peer, context, names);
      expect(stepsOf(log, /\[\S+ parent \d\/\d\] RUN .*echo/).size).toBe(1);

      const secrets = { token: { file: join(context, "token") } };
      const output = { type: "oci", dest: join(context, "direct") } as const;
      await build(catalog, { context, store, output, secrets, compression: "none" });
      for (const [image, baked] of [
        ["parent", "parent"],
        ["api/server", "api-server"],
        ["api/worker", "api-worker"],
        ["alone", "alone"],
      ]) {
        const ours = imageListing(join(context, `direct/${image}.tar`));
        const theirs = imageListing(join(context, `out/${baked}.tar`));
        expect(compareImages(ours, theirs), image).toEqual([]);
      }
    },
  );
});

test("images that differ by platform are baked for all of them", { timeout: 300_000 }, async (context_) => {
  const peer = requirePeer(context_, "docker28");
  const { context, store } = project("platforms");
  const platforms = ["linux/amd64", "linux/arm64"];
  const parent = Image.scratch()
    .mkdir("/etc")
    .perPlatform({
      "linux/amd64": (image) => image.write("/etc/cpu", "amd64\n"),
      "linux/arm64": (image) => image.write("/etc/cpu", "arm64\n").env("CPU", "arm64"),
    });
  const child = Image.from(parent).copy("site/", "/srv/").cmd(["/srv/index.html"]);
  const catalog = new Catalog("bake-proof", { parent, child }, { platforms });
  await synth(catalog, { context, store });
  const contexts = Object.values(bakeDocument(context).target["child"]?.contexts ?? {});
  expect(new Set(contexts)).toEqual(new Set(["target:parent"]));
  const log = await bake(peer, context, ["parent", "child"]);
  expect(stepsOf(log, /parent-arm64 \d\/\d\] COPY .*\/etc\/cpu/).size).toBe(1);
  await build(catalog, {
    context,
    store,
    compression: "none",
    output: { type: "oci", dest: join(context, "direct") },
  });
  for (const image of ["parent", "child"]) {
    for (const architecture of ["amd64", "arm64"]) {
      const ours = imageListing(join(context, `direct/${image}.tar`), architecture);
      const theirs = imageListing(join(context, `out/${image}.tar`), architecture);
      expect(compareImages(ours, theirs), `${image} ${architecture}`).toEqual([]);
    }
  }
});
