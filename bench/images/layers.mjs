// The image that is flattened later: five layers, with whiteouts and folders that replace older ones. Each layer is
// an image of its own on the one before, so that no pass takes out of a lower layer what a higher one hides.
import { readdirSync } from "node:fs";
import { build, Image } from "layerwright";

const { LW_CONTEXT: context, LW_OUTPUT: dest } = process.env;

/** Removes all that is in a folder, name by name: a whiteout for each. */
const empty = (folder) => (image) =>
  readdirSync(`${context}/M/node_modules/${folder}`).reduce(
    (rest, name) => rest.remove(`/app/node_modules/${folder}/${name}`),
    image,
  );

/** A folder in the place of an older one, which it hides with all that was in it. */
const replace = (source, path) => (image) => image.remove(path).copy(source, path);

const recipes = [
  (image) => image.copy("M/node_modules", "/app/node_modules").copy("L/one.bin", "/opt/one.bin"),
  (image) => image.copy("M/node_modules/aws-cdk-lib", "/opt/kit").copy("L/two.bin", "/opt/two.bin"),
  (image) =>
    image
      .with(empty("date-fns"))
      .with(empty("aws-cdk-lib"))
      .with(empty("three/src"))
      .with(empty("rxjs/src/internal"))
      .copy("M/node_modules/constructs", "/app/constructs"),
  (image) =>
    image
      .with(replace("M/node_modules/lodash", "/app/node_modules/rxjs"))
      .with(replace("M/node_modules/constructs", "/opt/kit/aws-ec2"))
      .with(replace("M/node_modules/lodash/fp", "/app/constructs")),
  (image) => image.remove("/opt/one.bin").copy("M/node_modules/lodash", "/app/node_modules/lodash"),
];

const image = recipes.reduce(
  (base, recipe, index) => Image.from(base).layer(`layer ${index + 1}`, recipe),
  Image.scratch(),
);

const output = { type: "layout", dest };
const result = await build(image, { context, output, compression: "gzip:6", reference: "bench/layers:1" });
console.log(JSON.stringify(result));
