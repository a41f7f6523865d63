import { Image } from "layerwright";

const version = process.env["NODE_VERSION"] ?? "22";

export const image = Image.from(`node:${version}-onbuild`)
  .workdir("/usr/src/app")
  .run("chown -R node:node /usr/src/app/data")
  .user("node")
  .expose(8888)
  .cmd(["npm", "start"]);
