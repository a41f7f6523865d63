import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { fakeEngine } from "../adapters/output-engine/fake-engine.js";
import { Project, runHere, twoImages } from "./cli-support.js";

const project = new Project({
  "catalog.ts": twoImages,
  "many.ts": twoImages.replace('["linux/amd64"]', '["linux/s390x", "linux/amd64", "linux/arm64"]'),
  "site/index.html": "hi\n",
});
afterAll(() => project.remove());

describe("load", () => {
  it("loads every image into the engine that DOCKER_HOST names, and says what it has", async () => {
    const fake = await fakeEngine();
    const env = { DOCKER_HOST: `unix://${fake.socket}` };
    const ran = await project.run(["load", "--tag", "v1"], env);
    expect(ran).toMatchObject({ code: 0 });
    expect(ran.stdout).toMatch(/^web linux\/amd64 sha256:[0-9a-f]{12}, .* in 2 layers$/m);
    expect(ran.stdout).toContain(`loaded into docker (${fake.socket}) as docker.io/acme/web:v1`);
    expect(ran.stderr).toMatch(/\] done {5}load into docker /);
    const quiet = await project.run(["load", "web", "-q", "--tag", "acme/other:v2"], env);
    expect(quiet.stdout.trim()).toBe(fake.images.get("docker.io/acme/other:v2"));
  });

  it("takes the platform of this machine where there are several, and says so", async () => {
    const fake = await fakeEngine({ podman: true });
    const env = { DOCKER_HOST: `unix://${fake.socket}` };
    const ran = await project.run(["load", "--app", "many.ts", "--json"], env);
    expect(ran.stderr).toMatch(
      /^api: linux\/(amd64|arm64) is loaded, of linux\/s390x, linux\/amd64, linux\/arm64$/m,
    );
    const { engine, images } = JSON.parse(ran.stdout);
    expect(engine).toBe("podman");
    expect(images.map(({ id }: { id: string }) => id)).toEqual([
      fake.images.get("docker.io/acme/api:latest"),
      fake.images.get("docker.io/acme/web:latest"),
    ]);
    const none = await project.run(
      ["load", "--app", "many.ts", "--platform", "linux/s390x,linux/riscv64", "--json"],
      env,
    );
    expect(none.code).toBe(3);
    expect(JSON.parse(none.stdout).error.code).toBe("LOAD_PLATFORM_MISSING");
  });

  it("is what build --load does, with the files of a build", async () => {
    const fake = await fakeEngine();
    const env = { DOCKER_HOST: `unix://${fake.socket}` };
    const words = ["build", "web", "--load", "--iidfile", "id", "--metadata-file", "meta.json"];
    expect(await project.run(words, env)).toMatchObject({ code: 0 });
    const id = fake.images.get("docker.io/acme/web:latest");
    expect(readFileSync(join(project.folder, "id"), "utf8")).toBe(id);
    const metadata = JSON.parse(readFileSync(join(project.folder, "meta.json"), "utf8"));
    expect(metadata).toMatchObject({
      "containerimage.config.digest": id,
      "containerimage.digest": metadata["containerimage.descriptor"].digest,
      "containerimage.descriptor": {
        mediaType: "application/vnd.oci.image.manifest.v1+json",
        platform: { os: "linux", architecture: "amd64" },
        size: expect.any(Number),
      },
      "image.name": "docker.io/acme/web:latest",
    });
    const both = await runHere(["build", "--load", "-o", "x.tar"]);
    expect(both).toMatchObject({ code: 2, stderr: expect.stringContaining("--load and --output") });
  });
});

describe("--output type=docker", () => {
  it("is buildx's word for the archive", async () => {
    const ran = await project.run(["build", "api", "--json", "-o", "type=docker,dest=api.tar"]);
    expect(JSON.parse(ran.stdout).images[0].output).toEqual({
      type: "archive",
      dest: join(project.folder, "api.tar"),
    });
  });
});
