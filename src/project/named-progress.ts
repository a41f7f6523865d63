import type { Progress } from "../ports/progress.js";

/** Longer names of steps would leave no room for what a command prints. */
const LONGEST = 36;

/**
 * Progress of one image: what its commands print says which image and which step it comes from. Images are built side by
 * side, and what two of them do at once may be the same step, so its id is of one image too.
 */
export function namedProgress(progress: Progress, name: string, several: boolean): Progress {
  return {
    report: (reported) => {
      const event = several && "id" in reported ? { ...reported, id: `${name} ${reported.id}` } : reported;
      if (event.kind === "output") {
        const step = event.label.length > LONGEST ? `${event.label.slice(0, LONGEST - 1)}…` : event.label;
        progress.report({ ...event, label: `${name}: ${step}` });
      } else if (several && (event.kind === "start" || event.kind === "wait" || event.kind === "finish")) {
        progress.report({ ...event, label: `${name}: ${event.label}` });
      } else progress.report(event);
    },
  };
}
