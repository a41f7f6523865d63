import type { Operation } from "../plan/operation.js";

const MOST = 6;

/** The places where a layer was written: `catalog.ts:12, 14`, after its name if it has one; empty where none is known. */
export function originComment(operations: readonly Operation[], name: string | undefined): string {
  const lines = new Map<string, Set<number>>();
  for (const { origin } of operations) {
    if (origin !== undefined) lines.set(origin.file, (lines.get(origin.file) ?? new Set()).add(origin.line));
  }
  const places = [...lines].map(([file, numbers]) => `${file}:${someOf([...numbers])}`).join(", ");
  if (name === undefined) return places;
  return places === "" ? name : `${name} (${places})`;
}

function someOf(numbers: readonly number[]): string {
  return `${numbers.slice(0, MOST).join(", ")}${numbers.length > MOST ? " ..." : ""}`;
}
