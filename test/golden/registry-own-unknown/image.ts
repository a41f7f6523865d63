import { Image } from "layerwright";

export default Image.from("debian:bookworm-slim")
  .write("/opt/app/a", "1\n")
  .write("/etc/app/b", "2\n", { mode: 0o600 })
  .squash("own");
