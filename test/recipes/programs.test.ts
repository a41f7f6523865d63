import { describe, expect, it } from "vitest";
import { cargo } from "../../src/recipes/cargo.js";
import { go } from "../../src/recipes/go.js";
import { refusal } from "../image/refusal.js";
import { runOf } from "./run-of.js";

describe("go.build", () => {
  it("builds a static program, and removes modules and build cache", () => {
    expect(runOf(go.build({ output: "/out/app" }))).toMatchObject({
      command:
        "go build -trimpath -ldflags='-s -w' -o /out/app . && go clean -cache -modcache && rm -rf \"${HOME:-/root}/.config/go/telemetry\"",
      env: { CGO_ENABLED: "0" },
    });
  });

  it("has them in mounts", () => {
    const options = {
      output: "/o p",
      package: "./cmd/app",
      folder: "/src",
      cgo: true,
      keepSymbols: true,
    } as const;
    expect(runOf(go.build({ ...options, cache: "mount" }))).toMatchObject({
      command:
        "cd /src && go build -trimpath -o '/o p' ./cmd/app && rm -rf \"${HOME:-/root}/.config/go/telemetry\"",
      env: { GOCACHE: "/root/.cache/go-build", GOMODCACHE: "/go/pkg/mod" },
      mounts: [{ target: "/root/.cache/go-build" }, { target: "/go/pkg/mod" }],
    });
  });
});

describe("cargo.build", () => {
  it("keeps the program alone", () => {
    expect(runOf(cargo.build({ bin: "app", output: "/out/app" }))).toMatchObject({
      command:
        'cargo build --release --locked --bin app --target-dir /tmp/cargo-target && install -D /tmp/cargo-target/release/app /out/app && rm -rf /tmp/cargo-target && rm -rf "${CARGO_HOME:-${HOME:-/root}/.cargo}/registry" "${CARGO_HOME:-${HOME:-/root}/.cargo}/git"',
      env: { CARGO_PROFILE_RELEASE_STRIP: "symbols" },
    });
  });

  it("builds for a target, with what it fetches in a mount", () => {
    const target = "x86_64-unknown-linux-musl";
    const run = runOf(
      cargo.build({ bin: "app", output: "/app", folder: "/src", target, keepSymbols: true, cache: "mount" }),
    );
    expect(run).toMatchObject({
      command: `cd /src && cargo build --release --locked --bin app --target-dir /tmp/cargo-target --target ${target} && install -D /tmp/cargo-target/${target}/release/app /app && rm -rf /tmp/cargo-target`,
      env: { CARGO_HOME: "/root/.cache/cargo" },
      mounts: [{ type: "cache", target: "/root/.cache/cargo" }],
    });
  });
});

it.each([
  ["PATH_INVALID", () => go.build({ output: "app" })],
  ["PATH_INVALID", () => go.build({} as never)],
  ["ARGUMENT_INVALID", () => go.build(undefined as never)],
  ["ARGUMENT_INVALID", () => go.build({ output: "/a", package: "-o" })],
  ["ARGUMENT_INVALID", () => go.build({ output: "/a", package: "a; b" })],
  ["ARGUMENT_INVALID", () => go.build({ output: "/a", cgo: "0" as never })],
  ["OPTION_UNKNOWN", () => go.build({ output: "/a", tag: "x" } as never)],
  ["ARGUMENT_INVALID", () => cargo.build({ output: "/a" } as never)],
  ["ARGUMENT_INVALID", () => cargo.build({ bin: "a b", output: "/a" })],
  ["ARGUMENT_INVALID", () => cargo.build({ bin: "a", output: "/a", target: "--x" })],
  ["PATH_INVALID", () => cargo.build({ bin: "a", output: "a" })],
])("a build is refused with %s (%#)", (code, act) => expect(refusal(act).code).toBe(code));
