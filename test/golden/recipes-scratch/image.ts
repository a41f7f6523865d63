import { readFileSync } from "node:fs";
import { caCertificates, Image, nonRoot, timezones, tmpDir } from "layerwright";

const pem = readFileSync(new URL("root.pem", import.meta.url), "utf8");

export default Image.scratch()
  .with(caCertificates({ pem }))
  .with(timezones({ zones: ["Europe/Berlin", "UTC", "Etc/UTC"], default: "Europe/Berlin" }))
  .with(nonRoot({ name: "app", uid: 1000 }))
  .with(tmpDir());
