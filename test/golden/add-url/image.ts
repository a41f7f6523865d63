import { Image } from "layerwright";

const sha256 = "b36cc7ca20a9b0caeced6ae3d9db637fbdfb3e86d5465e170ea382009e2c698f";

/** The tests serve the file on this port. */
const url = "http://127.0.0.1:18573/data.bin?download=1";

export default Image.scratch()
  .add(url, "/data.bin", { sha256 })
  .add(url, "/opt/named/", { sha256, mode: 0o644, owner: "3:4" })
  .add(url, "/usr/bin/tool", { sha256, mode: 0o755 });
