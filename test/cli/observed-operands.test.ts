import { describe, expect, it } from "vitest";
import { readOperand } from "../../src/cli/observed-operands.js";

describe("operands of commands that look at images", () => {
  it.each([
    ["api", { kind: "catalog", pattern: "api" }],
    ["api-*", { kind: "catalog", pattern: "api-*" }],
    ["@nightly", { kind: "catalog", pattern: "@nightly" }],
    ["api/*", { kind: "catalog", pattern: "api/*" }],
    ["./out", { kind: "disk", path: "./out" }],
    ["src/cli", { kind: "catalog", pattern: "src/cli" }],
    ["src/index.ts", { kind: "disk", path: "src/index.ts" }],
    ["@nightly", { kind: "catalog", pattern: "@nightly" }],
    ["no/such/app.tar", { kind: "disk", path: "no/such/app.tar" }],
    ["app.tar", { kind: "disk", path: "app.tar" }],
    ["debian:12", { kind: "registry", reference: "debian:12" }],
    ["ghcr.io/acme/app", { kind: "registry", reference: "ghcr.io/acme/app" }],
    [`app@sha256:${"0".repeat(64)}`, { kind: "registry", reference: `app@sha256:${"0".repeat(64)}` }],
  ])("%s", (text, operand) => {
    expect(readOperand(text)).toEqual(operand);
  });
});
