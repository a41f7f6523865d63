import { Image } from "layerwright";

export default Image.scratch()
  .copy("a", "/etc/a")
  .copy("b", "/etc/b")
  .copy("c", "/etc/c", { mode: 0o600 })
  .env("A", "1")
  .label("x", "1")
  .env("B", "2")
  .label("y", "2");
