// One static binary onto nothing.
import { build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: output, LW_COMPRESSION: compression } = process.env;

const image = Image.scratch().binary("app", "/app").entrypoint(["/app"]);

const result = await build(image, { context, output, compression, reference: "bench/binary:1" });
console.log(JSON.stringify(result));
