import { expect, test } from "vitest";
import { baseHistory, ociDescriptor } from "../../src/engine/image-documents.js";
import { annotated, copy, makeContext, planOf, testBuild, write } from "./support/build.js";

test("the config of an image from scratch", async () => {
  const { built } = await testBuild(planOf([[write("/x")]], annotated));
  const text = Buffer.from(built.image.config.bytes).toString("utf8");
  const { rootfs, history, ...config } = JSON.parse(text);
  expect(config).toEqual({
    architecture: "amd64",
    os: "linux",
    created: "1970-01-01T00:00:00Z",
    config: {
      Cmd: ["/app"],
      Env: ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "B=1", "A=2"],
      ExposedPorts: { "80/tcp": {} },
      Labels: { a: "1", z: "<&>" },
      WorkingDir: "/",
    },
  });
  expect(rootfs.diff_ids).toEqual([built.layers[0]?.diffId]);
  expect(history[0]).toEqual({ created: "1970-01-01T00:00:00Z", created_by: "write /x" });
  expect(history.slice(1).every((entry: { empty_layer?: boolean }) => entry.empty_layer === true)).toBe(true);
  expect(text.indexOf('"architecture"')).toBe(1);
  expect(text).toContain("<&>");
});

test("the manifest has OCI media types, and annotations that are no part of the config", async () => {
  const { built } = await testBuild(planOf([[write("/x")]], annotated));
  expect(JSON.parse(Buffer.from(built.image.manifest.bytes).toString("utf8"))).toEqual({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    config: built.image.config.descriptor,
    layers: [built.layers[0]?.descriptor],
    annotations: { "org.opencontainers.image.title": "t" },
  });
});

test("no path of this machine is anywhere", async () => {
  const context = makeContext({ "app/x": "x" });
  const { built } = await testBuild(planOf([[copy("app", "/app")]]), context);
  expect(Buffer.from(built.image.config.bytes).toString("utf8")).not.toContain(context);
});

test("a history that does not fit the layers is replaced by one that does", () => {
  const created = "1970-01-01T00:00:00Z";
  const fits = [{ created_by: "a" }, { created_by: "b", empty_layer: true }];
  expect(baseHistory(fits, 1, created)).toBe(fits);
  expect(baseHistory(fits, 2, created)).toHaveLength(2);
  expect(baseHistory(undefined, 1, created)).toEqual([{ created, created_by: "layer of the base" }]);
});

test("Docker's media types become those of OCI", () => {
  const digest = `sha256:${"0".repeat(64)}` as const;
  const mediaType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
  expect(ociDescriptor({ mediaType, digest, size: 1 }).mediaType).toBe(
    "application/vnd.oci.image.layer.v1.tar+gzip",
  );
  expect(ociDescriptor({ mediaType: "x/y", digest, size: 1 }).mediaType).toBe("x/y");
});
