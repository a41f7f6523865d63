// A base of our own: a web server (one static binary) on scratch, with a user, certificates and a /tmp.
import { Catalog, caCertificates, context, Image, nonRoot, tmpDir } from "layerwright";

const binaries = context("binaries", "../../node_modules/@esbuild/linux-x64/bin");

export const server = Image.scratch()
  .with(caCertificates())
  .with(tmpDir())
  .binary(binaries.path("esbuild"), "/usr/bin/serve")
  .with(nonRoot({ name: "web", uid: 1000 }))
  .expose(8080)
  .entrypoint(["/usr/bin/serve", "--serve=0.0.0.0:8080", "--servedir=/srv"]);

export default new Catalog("quickstart", { server }, { platforms: ["linux/amd64"] });
