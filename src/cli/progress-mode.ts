/** How progress is shown. */
export type ProgressMode = "auto" | "tty" | "plain" | "quiet";

/** Every mode, in the order of the help. */
export const progressModes: readonly ProgressMode[] = ["auto", "tty", "plain", "quiet"];

/** What decides about a spinner. */
export interface ProgressSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: boolean;
  /** Columns of the terminal; 0 where it does not say. */
  readonly columns: number;
}

/**
 * What is shown where: `auto` is a spinner on a terminal that can draw one, else plain lines. A terminal without
 * columns gets plain lines even under `tty`: a spinner there never ends.
 */
export function progressShown(mode: ProgressMode, around: ProgressSurroundings): "tty" | "plain" | "quiet" {
  if (mode === "quiet" || mode === "plain") return mode;
  const drawable = around.terminal && around.columns > 0;
  if (mode === "tty") return drawable ? "tty" : "plain";
  return drawable && !isCi(around.env) && around.env["TERM"] !== "dumb" ? "tty" : "plain";
}

function isCi(env: ProgressSurroundings["env"]): boolean {
  const ci = env["CI"] ?? "";
  return ci !== "" && ci !== "0" && ci !== "false";
}
