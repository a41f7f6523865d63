import { context, Image } from "layerwright";

const binaries = context("binaries", "../../../node_modules/@esbuild/linux-x64/bin");

export default Image.scratch()
  .binary(binaries.path("esbuild"), "/esbuild")
  .user(65532)
  .cmd(["/esbuild", "--version"]);
