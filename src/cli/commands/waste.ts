import type { Command } from "commander";
import type { WasteLayer, WastePlace, WasteReport, WasteRow } from "../../analyze/waste/waste-report.js";
import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import { originText } from "../../errors/origin.js";
import { platformText } from "../../oci/platform.js";
import type { BuildFlags } from "../build-flags.js";
import { addObserveFlags, withOperands } from "../observed-operands.js";
import { parseSize } from "../option-value.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted } from "../text.js";

interface WasteFlags extends BuildFlags {
  readonly min?: string;
}

/** `layerwright waste`: what images hold that nobody needs, and the lines that wrote it. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[images...]", "names or patterns of the catalog, archives, layouts or references")
    .option("--min <size>", "hide rows below this size, e.g. 1MB (totals still count them)");
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

/** Room for a size before what it is of. */
const INDENT = " ".repeat(10);

/** Characters of what made a layer: a command can be a page. */
const DESCRIPTION = 100;

/** What one image wastes: the figures, then row by row the bytes, the line and what to do. */
function wasteText(report: WasteReport, paint: Paint): string {
  const { image, platform, efficiency, contentBytes, wastedBytes, own, rows } = report;
  const inherits = own.contentBytes !== contentBytes;
  const ownText = (text: string) => (inherits ? ` (own layers ${text})` : "");
  const facts = [
    `efficiency ${percent(efficiency)}${ownText(percent(own.efficiency))}`,
    `waste ${sizeText(wastedBytes)} of ${sizeText(contentBytes)}${ownText(sizeText(own.wastedBytes))}`,
  ];
  const title = `${paint.bold(shownLine(image))} ${platformText(platform)}: ${facts.join(", ")}\n`;
  return title + rows.map((row) => rowText(row, paint)).join("");
}

function rowText(row: WasteRow, paint: Paint): string {
  const { kind, what, bytes, files, layer, origin, by, of, paths, fix } = row;
  const size = (kind === "setuid" ? "notice" : sizeText(bytes)).padStart(INDENT.length - 2);
  const more = files > paths.length ? ` and ${files - paths.length} more` : "";
  const lines = [
    `${paint.bold(kind)}: ${what}, ${counted(files, "file")}`,
    placeText({ layer, origin }, paint),
    ...(by === undefined ? [] : [`by ${placeText(by, paint)}`]),
    ...(of === undefined ? [] : [`as ${shownLine(of.path)}, ${placeText(of, paint)}`]),
    paint.dim(paths.map(shownLine).join(", ") + more),
    `${paint.green("fix:")} ${shownLine(fix)}`,
  ];
  return `${size}  ${lines.join(`\n${INDENT}`)}\n`;
}

function placeText(
  { layer, origin }: Pick<WasteRow, "layer"> & { readonly origin?: WastePlace["origin"] | undefined },
  paint: Paint,
): string {
  const line = origin === undefined ? "" : `${paint.cyan(originText(origin))} `;
  return `${line}${layerText(layer)}`;
}

function layerText({ index, description, inherited }: WasteLayer): string {
  const words = description === undefined ? "" : `: ${shortened(shownLine(description))}`;
  return `layer ${index + 1}${inherited ? " of the base" : ""}${words}`;
}

function shortened(text: string): string {
  return text.length > DESCRIPTION ? `${text.slice(0, DESCRIPTION - 1)}…` : text;
}

/** Rounded down: only an image without any waste has 100 %. */
function percent(part: number): string {
  return `${(Math.floor(part * 1000) / 10).toFixed(1).replace(/\.0$/, "")} %`;
}
