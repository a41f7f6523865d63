import { grouped } from "../core/grouped.js";
import { originText } from "../errors/origin.js";
import type { JudgedFinding, Severity } from "../policy/policy.js";
import type { CheckResult } from "../project/policies.js";
import type { Project } from "../project/project.js";
import { counted } from "./counted.js";
import type { Paint } from "./paint.js";

const GRAVEST_FIRST: readonly Severity[] = ["error", "warning", "info"];

/** Findings for people: by image, the gravest first, each with its line and what to do; then how many there are. */
export function findingsText(
  { findings, errors, warnings, suppressed, notBuilt }: CheckResult,
  { images, judge }: Pick<Project, "images" | "judge">,
  paint: Paint,
): string {
  if (judge === undefined)
    return "the catalog has no policies: new Catalog(name, images, { policies: [nonRoot()] })\n";
  const standing = findings.filter((finding) => finding.suppressed === undefined);
  const blocks = [...grouped(standing, ({ image }) => image)].map(([image, own]) => {
    const sorted = GRAVEST_FIRST.flatMap((severity) => own.filter((one) => one.severity === severity));
    return `${paint.bold(image === "*" ? "all images" : image)}\n${sorted.map((one) => findingText(one, paint)).join("")}`;
  });
  const facts = [
    counted(errors, "error"),
    counted(warnings, "warning"),
    ...(suppressed === 0 ? [] : [`${suppressed} suppressed`]),
  ];
  const left =
    notBuilt.length === 0
      ? ""
      : `not asked: policies over the built ${notBuilt.length === 1 ? "image" : "images"} ${notBuilt.join(", ")} (--plan-only)\n`;
  return [...blocks, `${counted(images.length, "image")}: ${facts.join(", ")}\n${left}`].join("\n");
}

function findingText(
  { severity, code, platform, message, fix, origin }: JudgedFinding,
  paint: Paint,
): string {
  const color = { error: paint.red, warning: paint.yellow, info: paint.cyan }[severity];
  const place = origin === undefined ? "" : `${paint.cyan(originText(origin))} `;
  const only = platform === undefined ? "" : ` (${platform})`;
  return `  ${color(`${severity} ${code}:`)} ${place}${message}${only}\n    ${paint.bold("fix:")} ${fix}\n`;
}
