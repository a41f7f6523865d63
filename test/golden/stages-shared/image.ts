import { Image } from "layerwright";

const source = Image.scratch().copy("src", "/src");
const left = Image.from(source).write("/src/left", "left\n");
const right = Image.from(source).write("/src/right", "right\n");
const unused = Image.from(source).write("/src/unused", "unused\n");

export default Image.scratch()
  .copy(left.path("/src"), "/left")
  .copy(right.path("/src"), "/right")
  .when(false, (image) => image.copy(unused.path("/src"), "/unused"));
