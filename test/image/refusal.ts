import { expect } from "vitest";
import type { ErrorCode } from "../../src/errors/catalogue.js";
import { DefinitionError } from "../../src/errors/layerwright-error.js";

/** Runs what has to be refused, and gives the error: coded, with a hint, and in the house's style. */
export function refusal(act: () => unknown): DefinitionError {
  try {
    act();
  } catch (error) {
    expect(error).toBeInstanceOf(DefinitionError);
    const refused = error as DefinitionError;
    expect(refused.hint).not.toBe("");
    expect(refused.shortMessage).not.toMatch(/\.$/);
    return refused;
  }
  throw new Error("it was not refused");
}

/** The code with which something is refused. */
export function codeOf(act: () => unknown): ErrorCode {
  return refusal(act).code;
}
