import type { EngineAnswer } from "./engine-request.js";

/**
 * Why an engine did not load, in its own words; undefined when it did. It answers with a line of JSON for each thing
 * that it did, and a failure on the way is one of them, under the status of success.
 */
export function loadFailure({ status, body }: EngineAnswer): string | undefined {
  const said = body.split("\n").flatMap((line) => failureOf(line) ?? []);
  if (said.length > 0) return said.join("; ");
  if (status >= 200 && status < 300) return undefined;
  const text = body.trim().split("\n")[0] ?? "";
  return `it answered ${status}${text === "" ? "" : `: ${text.slice(0, 500)}`}`;
}

function failureOf(line: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { errorDetail, error, message } = json as Record<string, unknown>;
  const detail = (errorDetail as { message?: unknown } | undefined)?.message;
  return [detail, error, message].find((text): text is string => typeof text === "string" && text !== "");
}
