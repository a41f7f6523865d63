// One file of 1 GiB.
import { build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: output, LW_COMPRESSION: compression } = process.env;

const image = Image.scratch().copy("data.bin", "/srv/data.bin");

const result = await build(image, { context, output, compression, reference: "bench/data:1" });
console.log(JSON.stringify(result));
