import { AssertionError } from "node:assert";
import { expect } from "vitest";

/** The error of an assertion that must fail. */
export async function failing(assertion: () => unknown): Promise<AssertionError> {
  try {
    await assertion();
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError);
    return error as AssertionError;
  }
  throw new Error("the assertion passed");
}
