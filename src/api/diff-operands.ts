import { compareImages } from "../analyze/difference/compare-images.js";
import type { ImageDifference } from "../analyze/difference/image-difference.js";
import type { Image } from "../image/image.js";
import type { DiffOptions } from "./diff.js";
import { findPlace } from "./find-place.js";
import { type ObservedJob, withFoundImages, withObservedJobs } from "./observe.js";
import { lowerImage } from "./plan-image.js";
import { preparePlans } from "./prepare-plans.js";

/** Builds or opens both images, and compares them. */
export async function diffOperands(
  before: Image | string,
  after: Image | string,
  options: DiffOptions,
): Promise<ImageDifference> {
  const { platform, context, times, ...settings } = options;
  const planned = {
    ...(platform === undefined ? {} : { platform }),
    ...(context === undefined ? {} : { context }),
  };
  const sides = [
    { name: "before", operand: before },
    { name: "after", operand: after },
  ];
  const lowered = sides.flatMap(({ name, operand }) =>
    typeof operand === "string" ? [] : [{ name, plan: lowerImage(operand.node, planned) }],
  );
  const jobs: ObservedJob[] = [];
  // Two versions of one image are no catalog: each is what it is without the other.
  for (const { name, plan } of lowered) {
    const [prepared] = await preparePlans([plan], options);
    jobs.push({ name, plan: prepared!.plan, references: [] });
  }
  const places = sides.flatMap(({ operand }) => (typeof operand === "string" ? [findPlace(operand)] : []));
  return withFoundImages(places, { ...settings, ...planned }, (found) =>
    withObservedJobs(jobs, { ...settings, ...(context === undefined ? {} : { context }) }, (built) => {
      const [rest, made] = [[...found], [...built]];
      const [left, right] = sides.map(({ operand }) => (typeof operand === "string" ? rest : made).shift()!);
      return compareImages(left!, right!, { times });
    }),
  );
}
