import { Image } from "layerwright";

export default Image.from("debian:bookworm-slim")
  .run("apt-get update")
  .run("apt-get install -y --no-install-recommends nginx")
  .run("rm -rf /var/lib/apt/lists/*")
  .remove("/var/cache/apt/archives");
