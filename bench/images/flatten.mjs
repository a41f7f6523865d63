// An image of five layers as one.
import { Base, build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: output, LW_COMPRESSION: compression } = process.env;

const image = Image.from(Base.layout("layers")).squash("all");

const result = await build(image, { context, output, compression, reference: "bench/flat:1" });
console.log(JSON.stringify(result));
