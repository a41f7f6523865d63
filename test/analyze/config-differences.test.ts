import { describe, expect, it } from "vitest";
import { configDifferences } from "../../src/analyze/difference/config-difference.js";
import type { ImageConfig, RuntimeConfig } from "../../src/oci/image-config.js";

function document(config: RuntimeConfig, rest: Readonly<Record<string, unknown>> = {}): ImageConfig {
  return { architecture: "amd64", os: "linux", rootfs: { type: "layers", diff_ids: [] }, config, ...rest };
}

/** What differs when only this part of the config does. */
const PARTS: readonly [string, RuntimeConfig, RuntimeConfig, readonly object[]][] = [
  ["a user", { User: "1" }, { User: "2" }, [{ field: "User", before: "1", after: "2" }]],
  ["a user that came", {}, { User: "2" }, [{ field: "User", after: "2" }]],
  [
    "a variable",
    { Env: ["A=1", "B=2"] },
    { Env: ["B=3", "A=1"] },
    [{ field: "Env", key: "B", before: "2", after: "3" }],
  ],
  [
    "a variable that went",
    { Env: ["A=", "B=x=y"] },
    { Env: ["A="] },
    [{ field: "Env", key: "B", before: "x=y" }],
  ],
  ["variables in another order", { Env: ["A=1", "B=2"] }, { Env: ["B=2", "A=1"] }, []],
  ["a variable twice, of which the last counts", { Env: ["A=1", "A=2"] }, { Env: ["A=2"] }, []],
  [
    "a variable that became empty",
    { Env: ["A=1"] },
    { Env: ["A="] },
    [{ field: "Env", key: "A", before: "1", after: "" }],
  ],
  [
    "labels",
    { Labels: { a: "1", b: "2" } },
    { Labels: { b: "3", c: "4" } },
    [
      { field: "Labels", key: "a", before: "1" },
      { field: "Labels", key: "b", before: "2", after: "3" },
      { field: "Labels", key: "c", after: "4" },
    ],
  ],
  [
    "ports",
    { ExposedPorts: { "80/tcp": {} } },
    { ExposedPorts: { "81/tcp": {} } },
    [
      { field: "ExposedPorts", key: "80/tcp", before: {} },
      { field: "ExposedPorts", key: "81/tcp", after: {} },
    ],
  ],
  ["a volume", { Volumes: { "/v": {} } }, {}, [{ field: "Volumes", key: "/v", before: {} }]],
  [
    "an entry point",
    { Entrypoint: ["/a"] },
    { Entrypoint: ["/a", "-x"] },
    [{ field: "Entrypoint", before: ["/a"], after: ["/a", "-x"] }],
  ],
  ["a command that went", { Cmd: ["/a"] }, { Cmd: null }, [{ field: "Cmd", before: ["/a"] }]],
  [
    "a working folder",
    { WorkingDir: "/a" },
    { WorkingDir: "/b" },
    [{ field: "WorkingDir", before: "/a", after: "/b" }],
  ],
  ["a stop signal", { StopSignal: "SIGINT" }, {}, [{ field: "StopSignal", before: "SIGINT" }]],
  ["a shell", { Shell: ["sh"] }, { Shell: ["bash"] }, [{ field: "Shell", before: ["sh"], after: ["bash"] }]],
  ["a trigger", {}, { OnBuild: ["RUN x"] }, [{ field: "OnBuild", after: ["RUN x"] }]],
  [
    "a health check",
    { Healthcheck: { Test: ["NONE"], Retries: 1 } },
    { Healthcheck: { Test: ["NONE"], Retries: 2 } },
    [
      {
        field: "Healthcheck",
        before: { Test: ["NONE"], Retries: 1 },
        after: { Test: ["NONE"], Retries: 2 },
      },
    ],
  ],
  [
    "the order of members",
    { Healthcheck: { Retries: 1, Test: [] } },
    { Healthcheck: { Test: [], Retries: 1 } },
    [],
  ],
  ["nothing in other words", { Cmd: [], Labels: {}, User: "", Env: [] }, { Cmd: null, Entrypoint: null }, []],
  [
    "a field that nobody knows",
    { ArgsEscaped: true } as RuntimeConfig,
    {},
    [{ field: "ArgsEscaped", before: true }],
  ],
];

describe("differences of configs", () => {
  it.each(PARTS)("%s", (_, before, after, expected) => {
    expect(configDifferences(document(before), document(after), { times: false })).toEqual(expected);
  });

  it.each(PARTS)("%s, the other way round", (_, before, after, expected) => {
    const turned = expected.map((it) => {
      const { before: old, after: now, ...about } = it as { before?: unknown; after?: unknown };
      return {
        ...about,
        ...(now === undefined ? {} : { before: now }),
        ...(old === undefined ? {} : { after: old }),
      };
    });
    expect(configDifferences(document(after), document(before), { times: false })).toEqual(turned);
  });

  it("says what differs in the document around it, also in fields of the same name", () => {
    const before = document({ User: "0" }, { variant: "v7", author: "a", User: "x" });
    const after = document({ User: "1" }, { author: "b", User: "x", "os.version": "1" });
    expect(configDifferences(before, after, { times: false })).toEqual([
      { field: "author", before: "a", after: "b" },
      { field: "os.version", after: "1" },
      { field: "variant", before: "v7" },
      { field: "User", before: "0", after: "1" },
    ]);
  });

  it("counts times only when they are asked for", () => {
    const made = (created: string) => document({}, { created, history: [{ created, created_by: "RUN x" }] });
    const [before, after] = [made("2024-01-01T00:00:00Z"), made("2025-01-01T00:00:00Z")];
    expect(configDifferences(before, after, { times: false })).toEqual([]);
    expect(configDifferences(before, after, { times: true })).toEqual([
      { field: "created", before: "2024-01-01T00:00:00Z", after: "2025-01-01T00:00:00Z" },
      { field: "history", before: ["RUN x 2024-01-01T00:00:00Z"], after: ["RUN x 2025-01-01T00:00:00Z"] },
    ]);
  });

  it("gives the lines of the history that only one has", () => {
    const history = (...lines: string[]) =>
      document({}, { history: lines.map((created_by) => ({ created_by })) });
    expect(configDifferences(history("a", "b", "c"), history("a", "x", "c", "c"), { times: false })).toEqual([
      { field: "history", before: ["b"], after: ["x", "c"] },
    ]);
  });
});
