// The four ways in which a row is built.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build, Catalog, synth } from "layerwright";
import { REFERENCE } from "./debian-base.mjs";
import { buildWithBuildKit } from "./peer.mjs";
import { say } from "./say.mjs";
import { weigh } from "./sizes.mjs";

const PLATFORM = `linux/${process.arch === "arm64" ? "arm64" : "amd64"}`;
const list = (value) => (Array.isArray(value) ? value : [value]);

/** Builds every contestant of a row and gives what each weighs. */
export async function buildRow(row, folder, { base, layout, mirror, cache }) {
  const context = join(folder, "context");
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context, { recursive: true });
  await row.prepare?.(context, { mirror });
  const images = list(row.ours(base, { mirror }));
  const contexts = { [REFERENCE]: layout };
  const dockerfiles = (name, texts) =>
    list(texts).map((text, number) => {
      const dockerfile = join(folder, `Dockerfile.${name}${number}`);
      writeFileSync(dockerfile, text);
      return dockerfile;
    });
  const through = async (name, files) => {
    const archives = [];
    for (const [number, dockerfile] of files.entries()) {
      say(`  ${name}${files.length > 1 ? ` ${number + 1} of ${files.length}` : ""}`);
      const output = join(folder, `${name}${number}.tar`);
      await buildWithBuildKit({ dockerfile, context, contexts, output, cache });
      archives.push(output);
    }
    return archives;
  };
  const direct = async () => {
    const archives = [];
    for (const [number, image] of images.entries()) {
      say(`  direct${images.length > 1 ? ` ${number + 1} of ${images.length}` : ""}`);
      const dest = join(folder, `direct${number}.tar`);
      await build(image, { context, platform: PLATFORM, cache, output: { type: "oci", dest } });
      archives.push(dest);
    }
    return archives;
  };
  return {
    naive: await weighAndRemove(await through("naive", dockerfiles("naive", row.naive))),
    best: await weighAndRemove(await through("best", dockerfiles("best", row.best))),
    dockerfile: await weighAndRemove(await through("ours", await ourDockerfiles(images, context))),
    direct: await weighAndRemove(await direct()),
  };
}

/** The images of a row as Dockerfiles, in the context's own output folder. */
async function ourDockerfiles(images, context) {
  const catalog = new Catalog(
    "table",
    Object.fromEntries(images.map((image, number) => [`image${number}`, image])),
    { platforms: [PLATFORM] },
  );
  const written = await synth(catalog, { context });
  return written.images.map(({ dockerfile }) => join(context, dockerfile));
}

async function weighAndRemove(archives) {
  const weight = await weigh(archives);
  for (const archive of archives) rmSync(archive);
  return weight;
}
