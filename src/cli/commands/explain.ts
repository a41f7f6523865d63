import type { Command } from "commander";
import { examples } from "../examples.js";
import { explainImage, explainText } from "../explain-image.js";
import { openCatalog } from "../open-catalog.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";

/** `layerwright explain`: what each step became, and what each pass did and saw. */
export function define(command: Command, shell: Shell): void {
  command.argument("[names...]", "names or patterns such as api-*");
  examples(command, ["layerwright explain", "layerwright explain app --json"]);
  act(command, shell, explain);
}

async function explain(session: Session, names: readonly string[]): Promise<Report> {
  const catalog = await openCatalog(session, names);
  const images = catalog.images.map(explainImage);
  return {
    json: { catalog: catalog.name, images },
    quiet: images.map((it) => it.warnings.map(({ message }) => `${it.name}: ${message}\n`).join("")).join(""),
    text: (paint) => images.map((it) => explainText(it, paint)).join("\n"),
  };
}
