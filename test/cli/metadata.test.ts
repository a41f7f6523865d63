import { describe, expect, it } from "vitest";
import { metadataOf } from "../../src/cli/build-report.js";
import { digestOf } from "../../src/oci/digest.js";
import { imageIndex } from "../../src/oci/manifest.js";
import type { BuildResult } from "../../src/project/options.js";

const mediaType = "application/vnd.oci.image.manifest.v1+json";

function result(architecture: string, index?: string): BuildResult {
  const platform = { os: "linux", architecture };
  const digest = digestOf(architecture);
  return {
    platform,
    digest,
    descriptor: { mediaType, digest, size: 7, platform },
    configDigest: digestOf(`config of ${architecture}`),
    size: 0,
    layers: [],
    references: ["docker.io/acme/app:v1"],
    warnings: [],
    ...(index === undefined ? {} : { index }),
  };
}

describe("the metadata file", () => {
  it("has buildx's keys of one image", () => {
    const one = result("amd64");
    expect(metadataOf([{ name: "app", result: one }])).toEqual({
      "containerimage.config.digest": one.configDigest,
      "containerimage.descriptor": one.descriptor,
      "containerimage.digest": one.digest,
      "image.name": "docker.io/acme/app:v1",
    });
  });

  it("names the index of an image for several platforms, which has no config", () => {
    const { descriptor } = imageIndex([result("amd64").descriptor, result("arm64").descriptor]);
    const platforms = ["amd64", "arm64"].map((one) => ({
      name: "app",
      result: result(one, descriptor.digest),
    }));
    expect(metadataOf(platforms)).toEqual({
      "containerimage.descriptor": descriptor,
      "containerimage.digest": descriptor.digest,
      "image.name": "docker.io/acme/app:v1",
    });
  });

  it("is a record by names for several images, and for platforms that were written apart", () => {
    const apart = ["amd64", "arm64"].map((one) => ({ name: "app", result: result(one) }));
    const more = [...apart, { name: "web", result: result("amd64") }];
    expect(Object.keys(metadataOf(more) as object)).toEqual(["app@linux/amd64", "app@linux/arm64", "web"]);
  });
});
