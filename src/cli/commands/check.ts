import { Readable } from "node:stream";
import type { Command } from "commander";
import { grouped } from "../../core/grouped.js";
import { originText } from "../../errors/origin.js";
import type { JudgedFinding, Severity } from "../../policy/policy.js";
import type { CheckResult } from "../../project/gate/check.js";
import type { Project } from "../../project/project.js";
import { writeBeside } from "../../project/workspace.js";
import { type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { exitCodes } from "../exit-codes.js";
import { addObserveFlags } from "../observed-operands.js";
import { openCatalog } from "../open-catalog.js";
import { settingsOf } from "../open-for-build.js";
import { withProgress } from "../progress.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted } from "../text.js";

interface CheckFlags extends BuildFlags {
  readonly strict?: boolean;
  readonly planOnly?: boolean;
  readonly sarif?: string;
}

/** `layerwright check`: what the policies of the catalog say of its images. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", "names or patterns, e.g. api-*")
    .option("--strict", "exit with 1 on warnings too")
    .option("--plan-only", "run only the policies that need no built image")
    .option("--sarif <file>", "write the findings as SARIF to a file");
  addObserveFlags(command);
  examples(command, [
    "layerwright check",
    "layerwright check 'api-*' --strict --json",
    "layerwright check --plan-only",
    "layerwright check --sarif findings.sarif",
  ]);
  act(command, shell, check);
}

async function check(session: Session, names: readonly string[], flags: CheckFlags): Promise<Report> {
  const checked = await checkBuildOptions(flags, false);
  const { lock, store } = checked.common;
  const policies = { ...(lock === undefined ? {} : { lock }), ...(store === undefined ? {} : { store }) };
  const catalog = await openCatalog(session, names, checked.platforms, { policies });
  const { checkProject } = await import("../../project/gate/check.js");
  const result = await withProgress(session, (progress) =>
    checkProject(catalog, settingsOf(session, checked, progress), flags.planOnly === true),
  );
  if (flags.sarif !== undefined) {
    const { sarifOf } = await import("../sarif.js");
    const text = `${JSON.stringify(sarifOf(result.findings, catalog.context), null, 2)}\n`;
    await writeBeside(flags.sarif, Readable.from([Buffer.from(text)]));
  }
  const { errors, warnings } = result;
  const fails = errors > 0 || (flags.strict === true && warnings > 0);
  return {
    json: { catalog: catalog.name, images: catalog.images.map(({ name }) => name), ...result },
    text: (paint) => findingsText(result, catalog, paint),
    exitCode: fails ? exitCodes.found : exitCodes.ok,
  };
}

const GRAVEST_FIRST: readonly Severity[] = ["error", "warning", "info"];

/** Findings for people: by image, the gravest first, each with its line and what to do; then how many there are. */
function findingsText(
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
