import { context, Image } from "layerwright";

const odd = context("odd", "odd");

export default Image.scratch()
  .copy(odd, "/all names/")
  .copy("with space.txt", "/dest with space/")
  .copy("with space.txt", '/quote\'s "here"')
  .write("/$HOME/#hash/~", "dollar\n")
  .write("/back\\slash", "b\n")
  .write("/[glob]*?", "g\n")
  .write("/-dash", "d\n")
  .symlink("with space", "/link with space")
  .mkdir("/dir with 'quotes' and $", { mode: 0o700 });
