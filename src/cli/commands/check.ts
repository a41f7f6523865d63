import { Readable } from "node:stream";
import type { Command } from "commander";
import { writeBeside } from "../../project/pull.js";
import { type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { examples } from "../examples.js";
import { exitCodes } from "../exit-codes.js";
import { findingsText } from "../findings-text.js";
import { addObserveFlags } from "../observed-operands.js";
import { openCatalog } from "../open-catalog.js";
import { settingsOf } from "../open-for-build.js";
import { withProgress } from "../progress.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";

interface CheckFlags extends BuildFlags {
  readonly strict?: boolean;
  readonly planOnly?: boolean;
  readonly sarif?: string;
}

/** `layerwright check`: what the policies of the catalog say of its images. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", "names or patterns such as api-*")
    .option("--strict", "exit with 1 on warnings, too")
    .option("--plan-only", "ask only what the plans can answer, and build nothing")
    .option("--sarif <file>", "write the findings to a file as SARIF, for code scanning");
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
  const { checkProject } = await import("../../project/policies.js");
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
