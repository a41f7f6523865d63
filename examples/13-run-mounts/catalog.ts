// New here: what a command sees and what never becomes part of the layer: caches, files of the context, scratch space.
import { Catalog, Image } from "layerwright";
import { shell } from "../shell/shell.js";

const counted = Image.from(shell).run("wc -l /src/*.txt > /tmp/count && sort /tmp/count > /count.txt", {
  mounts: [
    { type: "bind", source: "texts/", target: "/src" },
    { type: "cache", id: "example-counts", target: "/root/.cache", sharing: "locked" },
    { type: "tmpfs", target: "/tmp" },
  ],
  network: "none",
  timeout: 60, // seconds, in the direct build
});

export default new Catalog("examples", { counted }, { platforms: ["linux/amd64"] });
