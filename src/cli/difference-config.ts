import type { ConfigDifference } from "../analyze/difference/config-difference.js";
import { shownLine } from "../core/shown-text.js";
import type { Cell } from "./columns.js";
import { counted } from "./counted.js";
import { mark, place } from "./difference-words.js";
import type { Paint } from "./paint.js";

/** Values are cut here: the whole of them is in the JSON. */
const LONGEST = 60;

/** Variables and labels that are named like this may hold what should be in no log. */
const SECRET = /pass(wd|word|phrase)?|secret|token|credential|api_?key|private_?key|auth/i;

/** The rows of what differs in a config. Lines of the history are counted: layers and fields say what they are about. */
export function configRows(config: readonly ConfigDifference[], paint: Paint): readonly (readonly Cell[])[] {
  return config.map((it) => {
    const { field, key, before, after, origin } = it;
    const what = before === undefined ? "added" : after === undefined ? "removed" : "changed";
    const name = key === undefined ? field : `${field} ${shownLine(key)}`;
    return [mark(what, paint), name, valuesText(it), place(origin, paint)];
  });
}

function valuesText({ field, key, before, after }: ConfigDifference): string {
  if (field === "history") {
    const [gone, added] = [before, after].map((lines) => (lines as readonly string[]).length) as [
      number,
      number,
    ];
    return `${counted(gone, "line")} gone, ${added} new`;
  }
  if (key !== undefined && SECRET.test(key)) return "(hidden: its name is that of a secret)";
  // Ports and volumes are their names.
  if (field === "ExposedPorts" || field === "Volumes") return "";
  const values = [before, after].flatMap((value) => (value === undefined ? [] : [valueText(value)]));
  return values.join(" -> ");
}

function valueText(value: unknown): string {
  const text = shownLine(typeof value === "string" && value !== "" ? value : JSON.stringify(value));
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
}
