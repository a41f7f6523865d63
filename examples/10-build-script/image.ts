import { Image } from "layerwright";

export const page = Image.scratch()
  .copy("page.html", "/srv/page.html")
  .write("/srv/made-by.txt", "a build script\n")
  .label("org.opencontainers.image.title", "page");
