// The image that is pulled and pushed.
import { build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: dest } = process.env;
let image = Image.scratch();
for (const name of ["one", "two", "three"]) image = image.copy(name, `/${name}`);
await build(image.cmd(["/one"]), {
  context,
  compression: "gzip:1",
  reference: "bench/image:1",
  output: { type: "layout", dest },
});
