import { context, Image } from "layerwright";

const assets = context("assets", "../copy-basics/site");
const more = context("more", "outside");

export default Image.scratch()
  .copy(assets, "/srv/all/")
  .copy(assets.path("css"), "/srv/css/")
  .copy(assets.path("*.html"), "/srv/pages/")
  .copy([more.path("a"), "local"], "/srv/mixed/");
