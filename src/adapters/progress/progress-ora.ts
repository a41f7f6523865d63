import type { Ora } from "ora";
import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import type { Progress, ProgressEvent } from "../../ports/progress.js";

/** The surroundings of a spinner. */
export interface ProgressOraOptions {
  /** A terminal that has columns: elsewhere the spinner writes control codes, or never ends. */
  readonly stream: NodeJS.WriteStream;
  readonly color: boolean;
}

/** Progress that owns the last line of the terminal until it is closed. */
export interface Spinner extends Progress {
  close(): void;
}

interface Running {
  readonly label: string;
  readonly since: number;
  bytes: number;
  total: number | undefined;
}

/** Progress on a terminal: what runs now on the last line, what is done above it. */
export async function progressOra({ stream, color }: ProgressOraOptions): Promise<Spinner> {
  const { default: ora } = await import("ora");
  const running = new Map<string, Running>();
  const spinner: Ora = ora({
    stream,
    // Ora's own colours know nothing of NO_COLOR; its input handling would hold the process.
    color: color ? "cyan" : false,
    discardStdin: false,
    isEnabled: true,
  });

  const draw = (): void => {
    if (running.size === 0) {
      spinner.stop();
      return;
    }
    spinner.text = fitted(runningText(running), stream.columns);
    if (!spinner.isSpinning) spinner.start();
  };
  const keep = (symbol: string, code: number, text: string): void => {
    spinner.stop();
    stream.write(`${color ? `\u001b[${code}m${symbol}\u001b[39m` : symbol} ${shownLine(text)}\n`);
  };

  return {
    report: (event: ProgressEvent) => {
      switch (event.kind) {
        case "start":
          running.set(event.id, { label: event.label, since: performance.now(), bytes: 0, total: undefined });
          break;
        case "advance": {
          const it = running.get(event.id);
          if (it !== undefined) Object.assign(it, { bytes: event.bytes, total: event.total ?? it.total });
          break;
        }
        case "finish":
          keep(event.cached === true ? "=" : "✔", 32, finishText(event, running.get(event.id)));
          running.delete(event.id);
          break;
        case "wait": {
          const label = `waits for another build: ${event.label}`;
          running.set(event.id, { label, since: performance.now(), bytes: 0, total: undefined });
          break;
        }
        case "output":
          spinner.stop();
          stream.write(`${shownLine(`${event.label} | ${event.line}`)}\n`);
          break;
        case "warn":
          keep("!", 33, event.message);
          break;
      }
      draw();
    },
    close: () => {
      running.clear();
      spinner.stop();
    },
  };
}

function finishText(event: ProgressEvent & { kind: "finish" }, it: Running | undefined): string {
  const size = event.detail ?? (it === undefined || it.bytes === 0 ? "" : sizeText(it.bytes));
  const took = it === undefined ? "" : `${((performance.now() - it.since) / 1000).toFixed(1)} s`;
  const facts = [event.cached === true ? "cached" : "", size, took].filter((fact) => fact !== "").join(", ");
  return facts === "" ? event.label : `${event.label} (${facts})`;
}

function runningText(running: ReadonlyMap<string, Running>): string {
  const [first] = running.values();
  if (first === undefined) return "";
  const total = first.total === undefined || first.total < first.bytes ? "" : ` of ${sizeText(first.total)}`;
  const size = first.bytes === 0 ? "" : ` ${sizeText(first.bytes)}${total}`;
  const more = running.size === 1 ? "" : ` and ${running.size - 1} more`;
  return shownLine(`${first.label}${size}${more}`);
}

/** A line that wraps is not erased whole. */
function fitted(text: string, width: number): string {
  const room = Math.max(10, width - 4);
  return text.length > room ? `${text.slice(0, room - 1)}…` : text;
}
