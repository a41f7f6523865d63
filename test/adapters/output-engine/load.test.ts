import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openEngine } from "../../../src/adapters/outputs/engine.js";
import { createEngineOutput } from "../../../src/adapters/outputs/engine-output.js";
import { sha256Hex } from "../../../src/core/bytes.js";
import { finishedImage } from "../finished-image.js";
import { tempFolder } from "../temp-folder.js";
import { fakeEngine } from "./fake-engine.js";

const NAME = "docker.io/library/app:v1";
const nowhere = { docker: [], podman: [] };
/** An environment in which nothing is to be found. */
const empty = (more: NodeJS.ProcessEnv = {}) => ({ HOME: tempFolder(), PATH: "/nonexistent", ...more });

describe("loading into an engine", () => {
  it("sends the archive and reports the id that the engine has", async () => {
    const fake = await fakeEngine();
    const env = empty({ DOCKER_HOST: `unix://${fake.socket}` });
    const engine = await openEngine({ env, usual: nowhere });
    expect(engine).toMatchObject({ name: "docker", place: fake.socket });
    const images = [finishedImage([NAME]), finishedImage(["docker.io/acme/b:v2"], ["three"])];
    const output = createEngineOutput(engine);
    await output.write(images);
    expect(output.loaded()).toEqual(
      images.map(({ references, config }) => ({ references, id: config.descriptor.digest })),
    );
    expect(fake.requests.filter((line) => line.startsWith("POST"))).toEqual(["POST /images/load?quiet=1"]);
  });

  it("loads images for several platforms one after another, and one without a name", async () => {
    const fake = await fakeEngine({ podman: true });
    const env = empty({ DOCKER_HOST: `unix://${fake.socket}` });
    const engine = await openEngine({ env, usual: nowhere });
    expect(engine.name).toBe("podman");
    const arm = finishedImage([], ["arm"], { os: "linux", architecture: "arm64" });
    const output = createEngineOutput(engine);
    await output.write([finishedImage([NAME]), arm]);
    expect(output.loaded()[1]).toEqual({ references: [], id: arm.config.descriptor.digest });
    expect(fake.requests.filter((line) => line.startsWith("POST"))).toHaveLength(2);
  });

  it.each([
    [
      "in the stream",
      200,
      '{"stream":"…"}\n{"errorDetail":{"message":"no space left"},"error":"…"}\n',
      "no space left",
    ],
    ["as a status", 500, '{"message":"invalid archive"}', "invalid archive"],
    ["without words", 502, "", "it answered 502"],
  ])("a failure %s is ENGINE_REFUSED", async (_, status, body, reason) => {
    const fake = await fakeEngine({
      onLoad: (incoming, outgoing) => {
        incoming.resume().on("end", () => outgoing.writeHead(status).end(body));
      },
    });
    const engine = await openEngine({ env: empty({ DOCKER_HOST: `unix://${fake.socket}` }) });
    await expect(createEngineOutput(engine).write([finishedImage([NAME])])).rejects.toMatchObject({
      code: "ENGINE_REFUSED",
      message: expect.stringContaining(reason),
    });
  });

  it("a refusal before the end of a large archive is told, and no broken pipe", async () => {
    const fake = await fakeEngine({
      onLoad: (_, outgoing) =>
        outgoing.writeHead(500, { connection: "close" }).end('{"message":"not today"}'),
    });
    const engine = await openEngine({ env: empty({ DOCKER_HOST: `unix://${fake.socket}` }) });
    await expect(createEngineOutput(engine).write([large()])).rejects.toMatchObject({
      code: "ENGINE_REFUSED",
      message: expect.stringContaining("not today"),
    });
  });

  it("an engine that goes away is ENGINE_UNREACHABLE, a layer that cannot be read is the layer's error", async () => {
    const gone = await fakeEngine({ onLoad: (incoming) => incoming.destroy() });
    const engine = await openEngine({ env: empty({ DOCKER_HOST: `unix://${gone.socket}` }) });
    await expect(createEngineOutput(engine).write([large()])).rejects.toMatchObject({
      code: "ENGINE_UNREACHABLE",
    });
    const fake = await fakeEngine();
    const other = await openEngine({ env: empty({ DOCKER_HOST: `unix://${fake.socket}` }) });
    const image = finishedImage([NAME]);
    const broken = {
      ...image,
      layers: image.layers.map((layer) => ({
        ...layer,
        // biome-ignore lint/correctness/useYield: it fails before
        async *blob(): AsyncGenerator<Uint8Array> {
          throw new Error("the layer is gone");
        },
      })),
    };
    await expect(createEngineOutput(other).write([broken])).rejects.toThrow("the layer is gone");
  });

  it("another image under the name is ENGINE_IMAGE_WRONG", async () => {
    const fake = await fakeEngine({ id: `sha256:${"0".repeat(64)}` });
    const engine = await openEngine({ env: empty({ DOCKER_HOST: `unix://${fake.socket}` }) });
    await expect(createEngineOutput(engine).write([finishedImage([NAME])])).rejects.toMatchObject({
      code: "ENGINE_IMAGE_WRONG",
    });
  });

  it("can be stopped", async () => {
    const fake = await fakeEngine({ onLoad: (incoming) => void incoming.resume() });
    const engine = await openEngine({ env: empty({ DOCKER_HOST: `unix://${fake.socket}` }) });
    const stop = new AbortController();
    const written = createEngineOutput(engine, { signal: stop.signal }).write([finishedImage([NAME])]);
    setTimeout(() => stop.abort(new Error("enough")), 50);
    await expect(written).rejects.toThrow("enough");
  });
});

describe("finding an engine", () => {
  it("follows the Docker context", async () => {
    const fake = await fakeEngine();
    const folder = tempFolder();
    const write = (name: string, text: unknown) => {
      mkdirSync(join(folder, name, ".."), { recursive: true });
      writeFileSync(join(folder, name), JSON.stringify(text));
    };
    write("config.json", { currentContext: "mine" });
    const env = empty({ DOCKER_CONFIG: folder });
    await expect(openEngine({ env, usual: nowhere })).rejects.toMatchObject({
      code: "ENGINE_CONTEXT_INVALID",
    });
    const meta = `contexts/meta/${sha256Hex("mine")}/meta.json`;
    write(meta, { Name: "mine", Endpoints: { docker: { Host: `unix://${fake.socket}` } } });
    expect((await openEngine({ env, usual: nowhere })).place).toBe(fake.socket);
    write(meta, { Name: "mine", Endpoints: { docker: { Host: "ssh://me:secret@there" } } });
    await expect(openEngine({ env, usual: nowhere })).rejects.toMatchObject({
      code: "ENGINE_HOST_UNSUPPORTED",
      message: expect.not.stringContaining("secret"),
      hint: expect.stringContaining("-o - | docker load"),
    });
    // The variable is stronger, and the default context is the usual socket.
    const usual = { docker: [fake.socket], podman: [] };
    const byDefault = { ...env, DOCKER_CONTEXT: "default" };
    expect((await openEngine({ env: byDefault, usual })).place).toBe(fake.socket);
  });

  it("asks over TCP, too", async () => {
    const fake = await fakeEngine();
    const bridge = createServer((from) => {
      import("node:net").then(({ connect }) => from.pipe(connect(fake.socket)).pipe(from));
    });
    await new Promise<void>((resolve) => bridge.listen(0, "127.0.0.1", resolve));
    const { port } = bridge.address() as { port: number };
    try {
      const engine = await openEngine({ env: empty({ DOCKER_HOST: `tcp://127.0.0.1:${port}` }) });
      await createEngineOutput(engine).write([finishedImage([NAME])]);
      expect(fake.images.has(NAME)).toBe(true);
    } finally {
      bridge.close();
    }
  });

  it("goes from Docker's socket to Podman's, its own user's first", async () => {
    const podman = await fakeEngine({ podman: true });
    const runtime = tempFolder();
    mkdirSync(join(runtime, "podman"));
    const usual = { docker: [join(runtime, "no.sock")], podman: [podman.socket] };
    const env = empty({ XDG_RUNTIME_DIR: runtime });
    expect(await openEngine({ env, usual })).toMatchObject({ name: "podman", place: podman.socket });
    await expect(openEngine({ engine: "docker", env, usual })).rejects.toMatchObject({
      code: "ENGINE_NOT_FOUND",
      message: expect.stringMatching(/no\.sock \(there is no such socket\); `docker load` \(not on PATH\)$/),
    });
  });

  it("what the user named is the only place: ENGINE_UNREACHABLE", async () => {
    const fake = await fakeEngine();
    const usual = { docker: [fake.socket], podman: [] };
    const env = empty({ DOCKER_HOST: "unix:///nonexistent/docker.sock" });
    await expect(openEngine({ env, usual })).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
    expect(
      (await openEngine({ engine: "podman", env, usual: { docker: [], podman: [fake.socket] } })).place,
    ).toBe(fake.socket);
  });

  it("uses the engine's program where there is no socket", async () => {
    const folder = tempFolder();
    const image = finishedImage([NAME]);
    const script = `#!/bin/sh
case "$1" in
load) /bin/cat > ${folder}/got.tar; if [ -e ${folder}/full ]; then echo "Error: no space" >&2; exit 125; fi ;;
image) echo ${image.config.descriptor.digest.slice("sha256:".length)} ;;
esac
`;
    writeFileSync(join(folder, "podman"), script);
    chmodSync(join(folder, "podman"), 0o755);
    const env = empty({ PATH: folder });
    const engine = await openEngine({ env, usual: nowhere });
    expect(engine).toMatchObject({ name: "podman", place: "`podman load`" });
    const output = createEngineOutput(engine);
    await output.write([image]);
    expect(output.loaded()[0]?.id).toBe(image.config.descriptor.digest);
    expect(existsSync(join(folder, "got.tar"))).toBe(true);
    writeFileSync(join(folder, "full"), "");
    await expect(createEngineOutput(engine).write([image])).rejects.toMatchObject({
      code: "ENGINE_REFUSED",
      message: expect.stringContaining("Error: no space"),
    });
  });
});

/** An image of more than a socket takes at once. */
function large() {
  const image = finishedImage([NAME]);
  const [layer] = image.layers;
  const size = 64 << 20;
  return {
    ...image,
    layers: [
      {
        ...layer!,
        descriptor: { ...layer!.descriptor, size },
        async *blob() {
          for (let at = 0; at < size; at += 1 << 20) yield Buffer.alloc(1 << 20);
        },
      },
    ],
  };
}
