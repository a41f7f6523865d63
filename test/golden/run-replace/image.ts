import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run(
    "rm -r /opt/old && echo file > /opt/old && rm /opt/was-folder && mkdir /opt/was-folder && echo in > /opt/was-folder/in",
    {
      network: "none",
    },
  )
  .run("rm /opt/old && mkdir /opt/old && echo back > /opt/old/y", { network: "none" })
  .run("rm -r /opt/was-file && echo x > /opt/was-file && rm /opt/was-file && mkdir /opt/was-file", {
    network: "none",
  });
