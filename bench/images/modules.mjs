// An installed node_modules of 20,000 and more files, as one layer.
import { build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: output, LW_COMPRESSION: compression } = process.env;

const image = Image.scratch().copy("node_modules", "/app/node_modules").workdir("/app");

const result = await build(image, { context, output, compression, reference: "bench/modules:1" });
console.log(JSON.stringify(result));
