/** The place in the user's code where a step was written. `line` and `column` count from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
  readonly column?: number;
}

/** `catalog.ts:12:5`, as editors and terminals make it a link. */
export function originText(origin: Origin): string {
  return origin.column === undefined
    ? `${origin.file}:${origin.line}`
    : `${origin.file}:${origin.line}:${origin.column}`;
}
