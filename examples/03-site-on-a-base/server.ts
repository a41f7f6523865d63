import { context, Image, nonRoot, tmpDir } from "layerwright";

const binaries = context("binaries", "../../node_modules/@esbuild/linux-x64/bin");

export const server = Image.scratch()
  .with(nonRoot({ name: "web", uid: 1000 }))
  .with(tmpDir())
  .binary(binaries.path("esbuild"), "/usr/bin/server")
  .entrypoint(["/usr/bin/server", "--serve=0.0.0.0:8080", "--servedir=/srv/site"])
  .expose(8080);
