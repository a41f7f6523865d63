import type { Progress } from "../ports/progress.js";

/** Longer names of steps would leave no room for what a command prints. */
const LONGEST = 36;

/** Progress of one image: what its commands print says which image and which step it comes from. */
export function namedProgress(progress: Progress, name: string, several: boolean): Progress {
  return {
    report: (event) => {
      if (event.kind === "output") {
        const step = event.label.length > LONGEST ? `${event.label.slice(0, LONGEST - 1)}…` : event.label;
        progress.report({ ...event, label: `${name}: ${step}` });
      } else if (several && (event.kind === "start" || event.kind === "finish")) {
        progress.report({ ...event, label: `${name}: ${event.label}` });
      } else progress.report(event);
    },
  };
}
