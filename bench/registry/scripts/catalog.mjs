// Fifty images over one base that is in the registry, pushed in one go.
import { Catalog, Image, push } from "layerwright";

const { LW_CONTEXT: context, LW_BASE: base, LW_PREFIX: prefix, LW_IMAGES: count } = process.env;
const common = Image.from(base).copy("common/library.bin", "/library.bin");
const images = {};
for (let image = 0; image < Number(count); image++) {
  images[`image-${image}`] = Image.from(common).copy(`own/${image}.txt`, `/${image}.txt`);
}
const report = await push(new Catalog("bench", images), prefix, { context, lock: false });
console.log(JSON.stringify({ ...report, images: report.images.length }));
