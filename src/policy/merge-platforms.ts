import { grouped } from "../core/grouped.js";
import { originText } from "../errors/origin.js";
import type { Finding } from "./finding.js";

/**
 * Makes one finding of those that an image has for all of its platforms, without a platform: people mend them once.
 *
 * @param platformsOf how many platforms of an image were looked at
 */
export function mergePlatforms(
  findings: readonly Finding[],
  platformsOf: (image: string) => number,
): readonly Finding[] {
  const alike = grouped(findings, ({ code, image, message, severity, origin }) =>
    JSON.stringify([code, image, severity, message, origin === undefined ? "" : originText(origin)]),
  );
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    const platforms = new Set(same.map(({ platform }) => platform));
    if (platforms.size < platformsOf(first!.image)) return same;
    const { platform: _, ...rest } = first!;
    return [rest];
  });
}
