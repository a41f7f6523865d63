import type { Operation } from "../plan/operation.js";

const MOST = 6;

/** What a layer does and where it was written: `catalog.ts:12 copy`. */
export function originComment(operations: readonly Operation[], name: string | undefined): string {
  const parts = operations.map((operation) => {
    const { origin } = operation;
    return origin === undefined ? operation.op : `${origin.file}:${origin.line} ${operation.op}`;
  });
  const shown = [...new Set(parts)];
  const more = shown.length > MOST ? `, and ${shown.length - MOST} more` : "";
  const list = `${shown.slice(0, MOST).join(", ")}${more}`;
  return name === undefined ? list : `layer ${name}: ${list}`;
}
