import { relative, resolve } from "node:path";
import type { Command } from "commander";
import { sizeText } from "../../core/size.js";
import { DEFAULT_REPORT } from "../../project/options.js";
import type { ReportResult } from "../../project/report.js";
import type { BuildFlags } from "../build-flags.js";
import { addObserveFlags, withOperands } from "../observed-operands.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted } from "../text.js";

interface ReportFlags extends BuildFlags {
  readonly out?: string;
}

/** `layerwright report`: one page about the images, for people. */
export function define(command: Command, shell: Shell): void {
  command
    .argument(
      "[images...]",
      "names or patterns of the catalog, archives, layouts or references (default: the catalog)",
    )
    .option("--out <file>", `output file (default: ${DEFAULT_REPORT} beside the catalog)`);
  addObserveFlags(command);
  examples(command, [
    "layerwright report",
    "layerwright report 'api-*' --out report.html",
    "layerwright report app.tar debian:bookworm-slim --out report.html",
  ]);
  act(command, shell, makeReport);
}

async function makeReport(
  session: Session,
  operands: readonly string[],
  flags: ReportFlags,
): Promise<Report> {
  const result = await withOperands(session, operands, flags, async ({ images, catalog, workspace }) => {
    const { PlanError } = await import("../../errors/layerwright-error.js");
    const name = catalog?.name ?? "";
    if (images.length === 0) throw new PlanError("REPORT_EMPTY", { catalog: name });
    const { writeReport } = await import("../../project/report.js");
    return writeReport(images, {
      title: catalog?.name ?? images.map((image) => image.name).join(", "),
      out: flags.out === undefined ? resolve(catalog?.context ?? ".", DEFAULT_REPORT) : resolve(flags.out),
      store: workspace.store,
      catalog: catalog && { context: catalog.context, name: catalog.name },
    });
  });
  const shown = relative(process.cwd(), result.out);
  return { json: result, quiet: `${shown}\n`, text: (paint) => resultText(result, shown, paint) };
}

function resultText(result: ReportResult, shown: string, paint: Paint): string {
  const { images, virtualBytes, effectiveBytes, bytes } = result;
  const shared = virtualBytes - effectiveBytes;
  const facts = [
    counted(images.length, "image"),
    `${sizeText(effectiveBytes)} together`,
    ...(shared > 0 ? [`${sizeText(shared)} saved by sharing`] : []),
  ];
  return `${facts.join(", ")}\n${paint.cyan(shown)} ${paint.dim(`(${sizeText(bytes)}, open it in a browser)`)}\n`;
}
