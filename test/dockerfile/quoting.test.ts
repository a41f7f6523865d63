import { DockerfileParser } from "dockerfile-ast";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { emitDockerfile } from "../../src/dockerfile/emit-dockerfile.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import type { ConfigChange } from "../../src/plan/config.js";
import type { Operation } from "../../src/plan/operation.js";
import type { Plan } from "../../src/plan/plan.js";
import { copyFile, planOf, registry, run, scratch, write } from "./plans.js";
import {
  copyPaths,
  jsonOf,
  type ParsedInstruction,
  pairOf,
  parseStrictly,
  processWord,
} from "./strict-parser.js";

const runs = { numRuns: Number(process.env["LAYERWRIGHT_RUNS"] ?? 300) };

/** Strings as an enemy would write them. */
const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          ..."\0\t\n\r\v\f\u001b\u0085\u00a0\u2028\u2029\ufeff\\\"'`$#=[]{}<>-*?, ;:/".split(""),
        ),
        fc.constantFrom(
          "EOT",
          "<<EOT",
          "<<-'X'",
          "\nRUN evil\n",
          "\nEOT\n",
          "--from=x",
          "# syntax=evil/x",
          "${A}",
          "$(x)",
          "\\\n",
          '["a"]',
          "FROM scratch",
          "AS x",
          "../",
          "ONBUILD",
          "%0a",
          "\u{1f600}",
          "\ud800",
          "&&",
          "\\$",
          '\\"',
        ),
        fc.string({ unit: "grapheme", maxLength: 3 }),
      ),
      { maxLength: 12 },
    )
    .map((parts) => parts.join("")),
);
const name = hostile
  .map((text) => text.replace(/[\0/]/g, "_"))
  .filter((text) => text !== "" && !/^\.{1,2}$/.test(text));

/** The instructions of a plan, read back by two parsers, or undefined where the plan was refused with a code. */
function readBack(plan: Plan, dialect: "buildkit" | "classic" = "buildkit"): ParsedInstruction[] | undefined {
  let text: string;
  try {
    ({ text } = emitDockerfile(plan, { dialect }));
  } catch (error) {
    if (isLayerwrightError(error)) return undefined;
    throw error;
  }
  const instructions = parseStrictly(text);
  const theirs = DockerfileParser.parse(text).getInstructions();
  expect(theirs.map((one) => one.getKeyword())).toEqual(instructions.map((one) => one.keyword));
  return instructions;
}

function keywords(instructions: readonly ParsedInstruction[]): string[] {
  return instructions.map((one) => one.keyword);
}

describe("nothing a user writes changes an instruction", () => {
  const one = (change: ConfigChange): ParsedInstruction[] | undefined =>
    readBack(planOf(registry, [], [change]));

  test("variables and labels", () => {
    fc.assert(
      fc.property(hostile, hostile, fc.constantFrom("env" as const, "label" as const), (key, value, set) => {
        const instructions = one({ set, name: key || "k", value });
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", set.toUpperCase()]);
        expect(pairOf(instructions[1]!.rest)).toEqual([key || "k", value]);
      }),
      runs,
    );
  });

  test("user, working folder, signal and port", () => {
    const kinds = fc.constantFrom(
      "user" as const,
      "workdir" as const,
      "stopSignal" as const,
      "expose" as const,
    );
    fc.assert(
      fc.property(hostile, kinds, (text, set) => {
        const value = text || "x";
        const changes = {
          user: { user: value },
          workdir: { path: value },
          stopSignal: { signal: value },
          expose: { port: value },
        };
        const instructions = one({ set, ...changes[set] } as ConfigChange);
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", set.toUpperCase()]);
        expect(processWord(instructions[1]!.rest)).toBe(value);
      }),
      runs,
    );
  });

  test("arguments", () => {
    const kinds = fc.constantFrom("cmd" as const, "entrypoint" as const, "shell" as const);
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 3 }), kinds, (args, set) => {
        const instructions = one({ set, args });
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", set.toUpperCase()]);
        expect(jsonOf(instructions[1]!.rest)).toEqual(args);
      }),
      runs,
    );
  });

  test("volumes", () => {
    fc.assert(
      fc.property(hostile, (path) => {
        const instructions = one({ set: "volume", path });
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", "VOLUME"]);
        expect(jsonOf(instructions[1]!.rest)?.map(processWord)).toEqual([path]);
      }),
      runs,
    );
  });

  test("health probes", () => {
    fc.assert(
      fc.property(hostile, fc.boolean(), (text, shell) => {
        const Test = shell ? ["CMD-SHELL", text] : ["CMD", text];
        const instructions = one({
          set: "healthcheck",
          check: { Test, Interval: 1_500_000_000, Retries: 3 },
        });
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", "HEALTHCHECK"]);
        const [probe] = instructions.slice(1);
        expect(probe!.flags).toEqual(["--interval=1500ms", "--retries=3"]);
        expect(shell ? probe!.rest : jsonOf(probe!.rest.slice(4))).toEqual(shell ? `CMD ${text}` : [text]);
      }),
      runs,
    );
  });

  test("commands", () => {
    fc.assert(
      fc.property(
        hostile,
        fc.option(hostile, { nil: undefined }),
        fc.constantFrom("buildkit" as const, "classic" as const),
        (text, value, dialect) => {
          const stepEnv = value === undefined ? {} : { stepEnv: { A: value } };
          const instructions = readBack(planOf(registry, [run(text, stepEnv)]), dialect);
          if (instructions === undefined) return;
          expect(keywords(instructions)).toEqual(["FROM", "RUN"]);
          if (value !== undefined) return;
          const { rest, heredocs } = instructions[1]!;
          const said = heredocs[0]?.body ?? jsonOf(rest)?.at(-1) ?? rest;
          expect(said.replace(/\n$/, "")).toBe(text.replace(/\n$/, ""));
          if (heredocs.length > 0) expect(heredocs[0]!.expand).toBe(false);
        },
      ),
      runs,
    );
  });

  test("joined commands keep each command apart", () => {
    fc.assert(
      fc.property(hostile, hostile, (first, second) => {
        const instructions = readBack(planOf(registry, [[run(first), run([second, first])]]));
        if (instructions !== undefined) expect(keywords(instructions)).toEqual(["FROM", "RUN"]);
      }),
      runs,
    );
  });

  test("written files", () => {
    fc.assert(
      fc.property(name, hostile, (file, text) => {
        const instructions = readBack(planOf(registry, [write(`/${file}`, text)]));
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", "COPY"]);
        const { rest, heredocs } = instructions[1]!;
        if (heredocs.length === 0) expect(copyPaths(rest)[1]).toBe(`/${file}`);
        else expect(heredocs).toEqual([{ name: heredocs[0]!.name, expand: false, body: text }]);
      }),
      runs,
    );
  });

  test("copied names", () => {
    fc.assert(
      fc.property(name, name, (from, to) => {
        const instructions = readBack(planOf(registry, [copyFile(from, `/${to}`)]));
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", "COPY"]);
        const [source, dest] = copyPaths(instructions[1]!.rest);
        expect(dest).toBe(`/${to}`);
        expect(instructions[1]!.flags).not.toContain("--from=x");
        const plain = source!.replace(/^\.\//, "").replace(/\[([ !])\]/g, "$1");
        if (!/[\\[]/.test(from)) expect(plain).toBe(from.replace(/^\.\//, ""));
      }),
      runs,
    );
  });

  test("links, folders, removed paths and exec forms", () => {
    fc.assert(
      fc.property(name, hostile, (path, target) => {
        const layers: Operation[] = [
          { op: "symlink", path: `/${path}`, target: target || "x" },
          { op: "mkdir", path: `/${path}d`, mode: { octal: 0o700 } },
        ];
        const made = readBack(planOf(scratch, layers));
        if (made !== undefined)
          expect(keywords(made).filter((word) => word !== "WORKDIR" && word !== "FROM")).toEqual([
            "COPY",
            "COPY",
          ]);
        const removed = readBack(planOf(registry, [{ op: "remove", path: `/${path}` }]));
        if (removed !== undefined) expect(jsonOf(removed[1]!.rest)).toEqual(["rm", "-rf", `/${path}`]);
      }),
      runs,
    );
  });

  test("comments from file and layer names", () => {
    fc.assert(
      fc.property(hostile, hostile, (file, label) => {
        const plan = planOf(registry, [{ ...write("/a", "x\n"), origin: { file, line: 1 } }]);
        const stages = plan.stages.map((stage) => ({
          ...stage,
          layers: stage.layers.map((layer) => ({ ...layer, name: label })),
        }));
        const instructions = readBack({ ...plan, stages });
        expect(keywords(instructions!)).toEqual(["FROM", "COPY"]);
      }),
      runs,
    );
  });

  test("the ignore file lets in what is copied, one rule a line", () => {
    fc.assert(
      fc.property(name, (from) => {
        try {
          const { ignore } = emitDockerfile(planOf(registry, [copyFile(from, "/a")]));
          // The output directory is left out of what a pattern could match.
          const lines = ignore.split("\n").filter((line) => line !== "layerwright.out");
          expect(lines).toHaveLength(3);
        } catch (error) {
          expect(isLayerwrightError(error)).toBe(true);
        }
      }),
      runs,
    );
  });
});

describe("lines over the 64 KiB that BuildKit reads", () => {
  const env = (value: string) => planOf(registry, [], [{ set: "env", name: "A", value }]);

  test("go on in further lines, which are read as one", () => {
    fc.assert(
      fc.property(fc.array(hostile, { minLength: 1, maxLength: 6 }), (parts) => {
        const text = `${parts.join("")}a b`;
        const value = text.repeat(Math.ceil(70_000 / text.length));
        const instructions = readBack(env(value));
        if (instructions === undefined) return;
        expect(keywords(instructions)).toEqual(["FROM", "ENV"]);
        expect(pairOf(instructions[1]!.rest)).toEqual(["A", value]);
        const { text: dockerfile } = emitDockerfile(env(value));
        for (const line of dockerfile.split("\n")) expect(Buffer.byteLength(line)).toBeLessThan(65_000);
      }),
      { ...runs, numRuns: Math.min(runs.numRuns, 20) },
    );
  });

  test("are refused where no builder would read the parts as one", () => {
    for (const one of ["#", "\\", "# "]) {
      expect(() => emitDockerfile(env(one.repeat(70_000)))).toThrow(
        expect.objectContaining({ code: "NOT_EXPRESSIBLE" }),
      );
    }
  });
});
