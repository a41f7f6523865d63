// An image that lies on disk, into a registry.
import { Base, Image, push } from "layerwright";

const { LW_CONTEXT: context, LW_REFERENCE: reference } = process.env;
const report = await push(Image.from(Base.layout("layout")), reference, { context });
console.log(JSON.stringify(report));
