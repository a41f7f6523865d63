// New here: several images over one parent. They share its layers, and a change of it reaches all of them.
import { Catalog, Image, tmpDir } from "layerwright";

const parent = Image.scratch()
  .with(tmpDir())
  .copy("shared/", "/usr/share/acme/")
  .label("org.opencontainers.image.vendor", "Acme");

const web = Image.from(parent).copy("web/", "/srv/web/").expose(80);
const worker = Image.from(parent).copy("worker/", "/opt/worker/").env("QUEUE", "default");
const nightly = Image.from(worker).env("QUEUE", "nightly").write("/opt/worker/nightly", "yes\n");

export default new Catalog(
  "acme",
  { parent, web, worker, nightly },
  { platforms: ["linux/amd64", "linux/arm64"] },
);
