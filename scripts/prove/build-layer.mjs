// Builds an image by its Dockerfile with a real BuildKit, and lays open the last layer.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Image } from "../../src/index.ts";
import { dockerfileRequest } from "../../test/equivalence/both-ways.ts";
import { buildWithBuildKit } from "../../test/peers/buildkit.ts";
import { imageListing } from "../../test/peers/image-listing.ts";

const PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The files of the layer that `recipe` adds to a base, after the steps that `prepare` adds. */
export async function buildLayer(peer, tar, prepare, recipe) {
  const context = mkdtempSync(join(tmpdir(), "layerwright-prove-"));
  try {
    const image = Image.from(Base.rootfs(tar, { config: { Env: [PATH] } }));
    const prepared = prepare === undefined ? image : image.with(prepare);
    const outOciTar = join(context, "image.tar");
    const input = { image: prepared.with(recipe), context, store: join(context, "store") };
    const request = await dockerfileRequest(input, "buildkit", outOciTar);
    await buildWithBuildKit(peer, { ...request, network: "host" });
    const { layers } = imageListing(outOciTar);
    return layers.at(-1).paths;
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
}

/** Bytes of the contents of some files. */
export function bytesOf(files) {
  return files.reduce((sum, { type, size }) => sum + (type === "file" ? size : 0), 0);
}
