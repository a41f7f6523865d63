import { expect, it } from "vitest";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { namedProgress } from "../../src/project/named-progress.js";

function told(several: boolean, event: ProgressEvent): ProgressEvent | undefined {
  const seen: ProgressEvent[] = [];
  namedProgress({ report: (it) => void seen.push(it) }, "app", several).report(event);
  return seen[0];
}

it("names image and step before what a command prints", () => {
  const label = "run apt-get update && apt-get install -y nginx";
  expect(told(false, { kind: "output", id: "1", label, line: "hi" })).toMatchObject({
    label: "app: run apt-get update && apt-get insta…",
    line: "hi",
  });
});

it("names the image of a step where several are built, and leaves the rest alone", () => {
  const start = { kind: "start", id: "1", label: "copy . /app" } as const;
  expect(told(true, start)).toMatchObject({ id: "app 1", label: "app: copy . /app" });
  expect(told(false, start)).toEqual(start);
  const warn = { kind: "warn", message: "careful" } as const;
  expect(told(true, warn)).toEqual(warn);
});
