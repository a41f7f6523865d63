import { Image } from "layerwright";

const line = "a line that is repeated until the text is too long for a Dockerfile\n";

export default Image.scratch()
  .write("/long.txt", line.repeat(400))
  .write("/wide.txt", `${"x".repeat(70_000)}\n`);
