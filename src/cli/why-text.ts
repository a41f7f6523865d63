import type { RunForecast } from "../engine/run/run-forecast.js";
import { originText } from "../errors/origin.js";
import type { Paint } from "./paint.js";

/** What a build would do with the commands of an image, for people. */
export function whyText(name: string, forecasts: readonly RunForecast[], paint: Paint): string {
  const head = `${paint.bold(name)}\n`;
  if (forecasts.length === 0) return `${head}  runs no command\n`;
  const lines = forecasts.map(({ command, origin, runs, reasons }) => {
    const place = origin === undefined ? "" : ` ${paint.cyan(originText(origin))}`;
    const verdict = runs ? paint.yellow("runs  ") : paint.green("cached");
    return `  ${verdict} ${command}${place}\n${reasons.map((reason) => `         because ${reason}\n`).join("")}`;
  });
  const rest = forecasts.some(({ runs }) => runs)
    ? paint.dim("  what comes after a command that runs depends on what it leaves\n")
    : "";
  return head + lines.join("") + rest;
}
