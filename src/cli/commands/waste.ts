import type { Command } from "commander";
import type { WasteReport } from "../../analyze/waste/waste-report.js";
import { parseSize } from "../amounts.js";
import type { BuildFlags } from "../build-flags.js";
import { examples } from "../examples.js";
import { addObserveFlags, withOperands } from "../observed-operands.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";
import { wasteText } from "../waste-text.js";

interface WasteFlags extends BuildFlags {
  readonly min?: string;
}

/** `layerwright waste`: what images hold that nobody needs, and the lines that wrote it. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[images...]", "names or patterns of the catalog, archives, layouts, references")
    .option("--min <size>", "leave out rows of fewer bytes, for example 1MB (the figures stay those of all)");
  addObserveFlags(command);
  examples(command, [
    "layerwright waste",
    "layerwright waste 'api-*' --min 100kB",
    "layerwright waste app.tar --json",
    "layerwright waste debian:bookworm-slim",
  ]);
  act(command, shell, findWaste);
}

async function findWaste(session: Session, operands: readonly string[], flags: WasteFlags): Promise<Report> {
  const min = flags.min === undefined ? 0 : parseSize("--min", flags.min);
  const images = await withOperands(session, operands, flags, async (observed) => {
    const { wasteOf } = await import("../../analyze/waste/waste-of.js");
    const reports: WasteReport[] = [];
    for (const image of observed.images) {
      const report = await wasteOf(image);
      reports.push({ ...report, rows: report.rows.filter(({ bytes }) => bytes >= min) });
    }
    return reports;
  });
  return {
    json: { images },
    quiet: images.map(({ image, wastedBytes }) => `${image} ${wastedBytes}\n`).join(""),
    text: (paint) => images.map((report) => wasteText(report, paint)).join("\n"),
  };
}
