// New here: no CLI. The verbs are functions, so any script makes both outputs: `npx tsx build.ts`.
import { build, Catalog, dockerfile, plan, synth } from "layerwright";
import { page } from "./image.js";

const context = import.meta.dirname;
const platform = "linux/amd64";

const layers = (await plan(page, { context, platform })).stages.at(-1)?.layers ?? [];
console.log(`${layers.length} layers planned`);

console.log(await dockerfile(page, { context, platform }));

const built = await build(page, {
  context,
  platform,
  reference: "acme/page:v1",
  output: "layerwright.out/page.tar",
});
console.log(`${built.digest}: ${built.layers.length} layers, ${built.size} bytes`);

const { images } = await synth(new Catalog("acme", { page }, { platforms: [platform] }), { context });
console.log(images[0]?.command);
