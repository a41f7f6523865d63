import { sizeText } from "../core/size.js";
import { type Origin, originText } from "../errors/origin.js";
import { onceEachLine } from "../plan/passes/pass.js";
import type { Paint } from "./terminal.js";

/** Something that was seen and left alone, by a pass or in a Dockerfile. */
export interface Warning {
  readonly message: string;
  readonly code?: string;
  readonly pass?: string;
  readonly origin?: Origin;
  readonly bytes?: number;
}

/** One warning, with its place and cost. */
export function warningText({ origin, message, bytes, code }: Warning, paint: Paint): string {
  const cost = bytes === undefined ? "" : ` (${sizeText(bytes)})`;
  const place = origin === undefined ? "" : `${paint.cyan(originText(origin))} `;
  return `  ${paint.yellow(`warning${code === undefined ? "" : ` ${code}`}:`)} ${place}${message}${cost}\n`;
}

function warningsText(name: string, warnings: readonly Warning[], paint: Paint): string {
  if (warnings.length === 0) return "";
  return `${paint.bold(name)}\n${warnings.map((it) => warningText(it, paint)).join("")}`;
}

/** Says the warnings of images, each line of the source once. */
export function sayWarnings(say: (text: string) => void, paint: Paint) {
  const said = new Set<string>();
  return (name: string, warnings: readonly Warning[]): void => {
    const text = warningsText(name, onceEachLine(warnings, said), paint);
    if (text !== "") say(text);
  };
}
