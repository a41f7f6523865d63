/** Marks a branch that the types say cannot be reached, so that a new union member fails to compile. */
export function assertNever(value: never): never {
  throw new Error(`layerwright met a value it does not know: ${JSON.stringify(value)}`);
}
