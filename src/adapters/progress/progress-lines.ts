import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import type { Progress, ProgressEvent } from "../../ports/progress.js";

/** The output and clock of the lines; the clock is a parameter so that tests own it. */
export interface ProgressLinesOptions {
  /** Takes whole lines. */
  readonly write: (text: string) => void;
  /** Milliseconds that only go up. @default - performance.now */
  readonly now?: () => number;
  /** Silence, in milliseconds, after which what still runs is named. @default - 30000 */
  readonly heartbeatMs?: number;
}

/** Progress that holds a timer until it is closed. */
export interface ClosableProgress extends Progress {
  close(): void;
}

interface Running {
  readonly label: string;
  readonly since: number;
  bytes: number;
  total: number | undefined;
}

const HEARTBEAT_MS = 30_000;

/**
 * Progress as plain lines, one when something starts and one when it ends; for logs, and for terminals without columns.
 */
export function progressLines(options: ProgressLinesOptions): ClosableProgress {
  const now = options.now ?? (() => performance.now());
  const heartbeatMs = options.heartbeatMs ?? HEARTBEAT_MS;
  const running = new Map<string, Running>();
  const began = now();
  let last = began;
  let timer: NodeJS.Timeout | undefined;

  const line = (text: string): void => {
    last = now();
    options.write(`[${seconds(last - began).padStart(7)}] ${shownLine(text)}\n`);
  };
  const beat = (): void => {
    if (now() - last < heartbeatMs) return;
    for (const it of running.values()) line(`still    ${it.label}${amount(it)}`);
  };
  const begin = ({ id, label }: { readonly id: string; readonly label: string }): void => {
    running.set(id, { label, since: now(), bytes: 0, total: undefined });
    // Checked more often than it speaks, and never the reason that the process stays alive.
    timer ??= setInterval(beat, Math.max(10, heartbeatMs / 10)).unref();
  };

  return {
    report: (event: ProgressEvent) => {
      switch (event.kind) {
        case "start":
          begin(event);
          return line(`start    ${event.label}`);
        case "advance": {
          const it = running.get(event.id);
          if (it !== undefined) Object.assign(it, { bytes: event.bytes, total: event.total ?? it.total });
          return;
        }
        case "finish": {
          const it = running.get(event.id);
          running.delete(event.id);
          const detail = event.detail ?? (it === undefined || it.bytes === 0 ? "" : sizeText(it.bytes));
          const took = it === undefined ? "" : seconds(now() - it.since);
          const facts = [detail, took].filter((fact) => fact !== "").join(", ");
          return line(
            `${event.cached === true ? "cached  " : "done    "} ${event.label}${facts === "" ? "" : ` (${facts})`}`,
          );
        }
        case "wait":
          begin(event);
          return line(`waits    ${event.label} (another build runs it)`);
        case "output":
          return line(`${event.label} | ${event.line}`);
        case "warn":
          return line(`warning  ${event.message}`);
      }
    },
    close: () => {
      clearInterval(timer);
      timer = undefined;
    },
  };
}

function amount({ bytes, total }: Running): string {
  if (bytes === 0) return "";
  return ` (${sizeText(bytes)}${total === undefined || total < bytes ? "" : ` of ${sizeText(total)}`})`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
