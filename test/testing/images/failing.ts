import { AssertionError } from "node:assert";
import { expect } from "vitest";

/** The error of an assertion that must fail. */
export function failing(assertion: () => unknown): AssertionError {
  try {
    assertion();
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError);
    return error as AssertionError;
  }
  throw new Error("the assertion passed");
}
