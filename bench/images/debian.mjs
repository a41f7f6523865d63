// The base of the run steps: a root file system of Debian as a layout.
import { Base, build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: dest } = process.env;

const image = Image.from(Base.rootfs("debian.tar"));

const output = { type: "layout", dest };
const result = await build(image, { context, output, reference: "bench/debian:1" });
console.log(JSON.stringify(result));
