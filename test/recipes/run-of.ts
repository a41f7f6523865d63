import { expect } from "vitest";
import { Image, type Recipe } from "../../src/image/image.js";
import type { RunStep } from "../../src/image/nodes.js";

/** The one run step that a recipe adds, with its command as text. */
export function runOf(recipe: Recipe): RunStep & { readonly command: string } {
  const { steps } = Image.from("debian").with(recipe).node;
  expect(steps).toHaveLength(1);
  const [step] = steps;
  if (step?.kind !== "run" || typeof step.command !== "string") throw new Error("not one run step");
  return { ...step, command: step.command };
}
