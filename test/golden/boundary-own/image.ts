import { Image } from "layerwright";

const parent = Image.scratch()
  .write("/parent/a", "1\n")
  .write("/parent/b", "2\n")
  .cmd(["/parent/a"])
  .expose(1);

export default Image.from(parent)
  .write("/child/a", "1\n")
  .write("/parent/c", "3\n")
  .entrypoint(["/child/a"])
  .squash("own");
