import { download, Image } from "layerwright";
import { layout } from "../local-bases.js";

/** The tests serve the archive on this port. */
const url = "http://127.0.0.1:18573/tool-1.0.tar.gz";
const sha256 = "0925084b10d6db742ccd84ac3b786da3f52a1f8adae6aae85c2ce99ec02544e4";

const own = Image.from(layout).with(download(url, { sha256, strip: 1, dest: "/opt/tool" }));

export default Image.scratch()
  .with(download(url, { sha256, dest: "/opt/", tools: Image.from(layout) }))
  .with(download(url, { sha256, extract: false, dest: "/archives/", mode: 0o600 }))
  .copy(own.path("/opt/tool"), "/opt/tool");
