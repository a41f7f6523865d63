import { context, Image } from "layerwright";
import { layout } from "../local-bases.js";

const binaries = context("binaries", "../../../node_modules/@esbuild/linux-x64/bin");

export default Image.from(layout).binary(binaries.path("esbuild"), "/usr/local/bin/", {
  owner: "www-data",
  mode: 0o550,
});
