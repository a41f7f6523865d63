// New here: a catalog as a whole. A matrix of variants, a group, labels and policies for all images, and layers that are
// decided for all of them: the dependencies are one layer, whatever is below. The decision is in layerwright.lock.json.
import { Catalog, Image, labelsRequired, matrix, maxSize, nonRoot, tmpDir } from "layerwright";

const bases = { plain: Image.scratch().mkdir("/srv"), tmp: Image.scratch().with(tmpDir()) };

const services = matrix({ service: ["api", "web"], base: ["plain", "tmp"] }, ({ service, base }) =>
  Image.from(bases[base])
    .copy(`${service}/`, "/srv/app/")
    .copy("deps/", "/srv/lib/node_modules/")
    .user(65532)
    .cmd(["/srv/app/main.js"])
    .squash("auto"),
);

export default new Catalog("acme", services, {
  platforms: ["linux/amd64"],
  groups: { api: ["api-*"] },
  labels: { "org.opencontainers.image.vendor": "Acme" },
  policies: [nonRoot(), maxSize("1MB"), labelsRequired(["org.opencontainers.image.vendor"])],
});
