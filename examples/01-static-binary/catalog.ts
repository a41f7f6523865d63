// New here: one static binary on scratch is a whole image. Its ELF header proves that it needs nothing else.
import { Catalog, context, Image } from "layerwright";

const binaries = context("binaries", "../../node_modules/@esbuild/linux-x64/bin");

const hello = Image.scratch().binary(binaries.path("esbuild"), "/hello").cmd(["/hello", "--version"]);

export default new Catalog("examples", { hello }, { platforms: ["linux/amd64"] });
