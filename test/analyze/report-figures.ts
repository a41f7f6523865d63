import type { WasteKind, WasteReport } from "../../src/analyze/waste/waste-report.js";
import type { ReferenceFigures } from "./waste-reference.js";

/** The figures of a report that the reference has too. */
export function reportFigures(report: WasteReport): ReferenceFigures {
  return {
    content: report.contentBytes,
    final: report.finalBytes,
    overwritten: bytesOfKind(report, "overwritten"),
    removed: bytesOfKind(report, "removed"),
    copiedUp: bytesOfKind(report, "copied-up"),
    duplicate: bytesOfKind(report, "duplicate"),
  };
}

/** Bytes of all rows of a kind. */
export function bytesOfKind({ rows }: WasteReport, kind: WasteKind): number {
  return rows.filter((row) => row.kind === kind).reduce((sum, { bytes }) => sum + bytes, 0);
}
