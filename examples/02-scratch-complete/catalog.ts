// New here: what most programs miss on scratch, each by a recipe: certificates, time zones, a user, a /tmp.
import { Catalog, caCertificates, context, Image, nonRoot, timezones, tmpDir } from "layerwright";

const binaries = context("binaries", "../../node_modules/@esbuild/linux-x64/bin");

const server = Image.scratch()
  .with(caCertificates())
  .with(timezones({ zones: ["Europe/Berlin", "UTC"] }))
  .with(nonRoot({ name: "web", uid: 1000 }))
  .with(tmpDir())
  .binary(binaries.path("esbuild"), "/usr/bin/server")
  .entrypoint(["/usr/bin/server", "--serve=0.0.0.0:8080"])
  .expose(8080);

export default new Catalog("examples", { server }, { platforms: ["linux/amd64"] });
