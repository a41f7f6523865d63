import { cargo, composer, go, Image, npm, pnpm, uv, yarn } from "layerwright";

const folder = "/srv";
const project = (base: string) => Image.from(base).copy("project", "/srv");
const node = project("node:22-slim").with(npm.ci({ folder }));
const linked = project("node:22-slim").with(pnpm.ci({ folder }));
const spun = project("node:22-slim").with(yarn.ci({ folder }));
const python = project("astral/uv:python3.12-bookworm-slim").with(uv.sync({ folder }));
const php = project("composer:2").with(composer.install({ folder }));
const program = project("golang:1.24").with(go.build({ output: "/out/app", folder }));
const crate = project("rust:1.80").with(cargo.build({ bin: "app", output: "/out/app", folder }));

export default Image.scratch()
  .copy(node.path("/srv"), "/node")
  .copy(linked.path("/srv"), "/linked")
  .copy(spun.path("/srv"), "/spun")
  .copy(python.path("/srv"), "/python")
  .copy(php.path("/srv"), "/php")
  .binary(program.path("/out/app"), "/bin/go-app")
  .binary(crate.path("/out/app"), "/bin/rust-app");
