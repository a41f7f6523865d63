// The main job: a static binary alone on scratch, and a small site onto a base that lies on disk.
import { Base, Catalog, context, Image } from "layerwright";

const binaries = context("binaries", "../../node_modules/@esbuild/linux-x64/bin");

// A static binary, alone. Its ELF header is read: it must be static and fit the platform.
export const hello = Image.scratch()
  .binary(binaries.path("esbuild"), "/hello")
  .user(65532)
  .cmd(["/hello", "--version"]);

// A site on a base. The base's layers are passed on as they are; ours is one small layer on top.
export const site = Image.from(Base.layout("layerwright.out/server", { tag: "latest" }))
  .copy("site/", "/srv/", { owner: "web", mode: "u=rwX,go=rX" })
  .write("/srv/robots.txt", "User-agent: *\nDisallow: /private/\n")
  .label("org.opencontainers.image.title", "quickstart site")
  .squash("own");

export default new Catalog("quickstart", { hello, site }, { platforms: ["linux/amd64"] });
