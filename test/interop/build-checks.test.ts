import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLayerwrightError } from "layerwright";
import { afterAll, describe, expect, it, type TestContext } from "vitest";
import { dockerfileRequest, planOf } from "../equivalence/both-ways.js";
import { type Subject, Workspace } from "../equivalence/subjects.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { type BuildRequest, sharedOptions } from "../peers/build-request.js";
import { BUILDX } from "../peers/buildkit.js";
import { requirePeer, seenByPeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";

ensureBases();
const workspace = new Workspace();
const work = mkdtempSync(join(tmpdir(), "layerwright-checks-"));
const store = join(work, "store");
const only = process.env["LAYERWRIGHT_CASE"];
const subjects = [...(await workspace.goldenSubjects()), ...(await workspace.exampleSubjects())].filter(
  ({ name }) => only === undefined || name.includes(only),
);

afterAll(() => {
  workspace.remove();
  rmSync(work, { recursive: true, force: true });
});

/** Warnings that stay, by case, each with why. What is not written here fails. */
const KNOWN: Readonly<Record<string, readonly { readonly warning: string; readonly why: string }[]>> = {
  "copy-globs": [
    {
      warning: 'CopyIgnoredFile: Attempting to Copy file "data/[ab].dat" that is excluded by .dockerignore',
      why: "the check takes the pattern for a name, and our ignore file lets in what it matches: the builds are equal",
    },
  ],
};

interface Checked {
  readonly warnings: readonly { readonly ruleName: string; readonly detail?: string }[] | null;
  readonly buildError?: { readonly message: string };
}

type Checks = Pick<BuildRequest, "contextDir" | "dockerfile" | "namedContexts" | "secrets" | "platform">;

/** What BuildKit's own checks find, the experimental ones too. It resolves bases, and runs nothing. */
async function buildChecks(test: TestContext, request: Checks): Promise<readonly string[]> {
  const peer = requirePeer(test, "docker28");
  const said = await runInPeer(peer, [
    BUILDX,
    "build",
    "--call=check,format=json",
    "--build-arg=BUILDKIT_DOCKERFILE_CHECK=experimental=all",
    ...sharedOptions(peer, { ...request, outOciTar: "" }),
    seenByPeer(peer, request.contextDir),
  ]).catch((error: unknown) => {
    // Warnings are an exit code; what was said is in the message.
    const { message } = error as Error;
    if (message.includes('"warnings"')) return message;
    throw error;
  });
  const { warnings, buildError } = JSON.parse(
    said.slice(said.indexOf("{"), said.lastIndexOf("}") + 1),
  ) as Checked;
  expect(buildError).toBeUndefined();
  return (warnings ?? []).map(({ ruleName, detail }) => `${ruleName}: ${detail}`);
}

/** Bases of registries are the tests' own image, under the names that the Dockerfile has for them. */
async function standIns({ image, context }: Subject): Promise<Record<string, string>> {
  const { stages } = (await planOf({ image, context, store })).plan;
  const names = stages.flatMap(({ base }) => {
    if (base.kind !== "registry") return [];
    const { reference, known } = base;
    return known?.digest === undefined ? [reference] : [reference, `${reference}@${known.digest}`];
  });
  return Object.fromEntries(names.map((name) => [name, `oci-layout://${join(BASES, "layout")}:v1`]));
}

const dialects = ["buildkit", "classic"] as const;
const cases = dialects.flatMap((dialect) => subjects.map((subject) => ({ ...subject, dialect })));

describe("BuildKit's own checks find nothing in our Dockerfile", () => {
  for (const { dialect, ...subject } of cases) {
    it(`of ${subject.name} (${dialect})`, { timeout: 120_000 }, async (test) => {
      requirePeer(test, "docker28");
      const request = await requestOf(subject, dialect);
      if (request === undefined) return test.skip("this dialect refuses the image");
      const found = await buildChecks(test, request);
      const known = (KNOWN[subject.name] ?? []).map(({ warning }) => warning);
      expect(found.filter((line) => !known.includes(line))).toEqual([]);
    });
  }
});

/** The Dockerfile as `synth` writes it; undefined where the dialect cannot say what the image needs. */
async function requestOf(
  subject: Subject,
  dialect: "buildkit" | "classic",
): Promise<BuildRequest | undefined> {
  try {
    const request = await dockerfileRequest({ ...subject, store }, dialect, "");
    return { ...request, namedContexts: { ...(await standIns(subject)), ...request.namedContexts } };
  } catch (error) {
    if (isLayerwrightError(error) && error.name === "PlanError") return undefined;
    throw error;
  }
}

describe("the checks", () => {
  it("would find what is wrong", { timeout: 120_000 }, async (test) => {
    const dockerfile = join(work, "Dockerfile");
    writeFileSync(
      dockerfile,
      [
        "from scratch as Base",
        "FROM scratch AS base",
        "MAINTAINER nobody",
        "ENV A 1",
        "ENV API_TOKEN=1",
        "WORKDIR relative",
        "COPY $NOWHERE /a",
        "EXPOSE 80/TCP",
        "CMD run me",
        "CMD run me twice",
      ].join("\n"),
    );
    const found = await buildChecks(test, { contextDir: work, dockerfile });
    const rules = new Set(found.map((line) => line.split(":")[0]));
    expect([...rules].sort()).toEqual([
      "ConsistentInstructionCasing",
      "DuplicateStageName",
      "ExposeProtoCasing",
      "JSONArgsRecommended",
      "LegacyKeyValueFormat",
      "MaintainerDeprecated",
      "MultipleInstructionsDisallowed",
      "SecretsUsedInArgOrEnv",
      "StageNameCasing",
      "UndefinedVar",
      "WorkdirRelativePath",
    ]);
  });
});
