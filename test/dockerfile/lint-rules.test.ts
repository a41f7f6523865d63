import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DockerfileParser } from "dockerfile-ast";
import { dockerfile } from "layerwright";
import { afterAll, describe, expect, it } from "vitest";
import { Workspace } from "../equivalence/subjects.js";
import { textOrRefusal } from "../golden/expect-golden.js";
import { caseFolder, goldenCases, PLATFORM } from "../golden/golden-cases.js";
import { dockerChecks, hadolintRules, type LintRule, linted } from "./lint-rules.js";

const rules: Readonly<Record<string, LintRule>> = { ...hadolintRules, ...dockerChecks };

/** Where a rule is broken on purpose, with why. */
const KEPT = "the user asks for it: caches, logs and documentation are kept";
const KNOWN: Readonly<Record<string, readonly (readonly [name: string, why: string])[]>> = {
  DL3009: [["recipes-packages-kept", KEPT]],
  DL3032: [["recipes-packages-kept", KEPT]],
  DL3036: [["recipes-packages-kept", KEPT]],
  DL3040: [["recipes-packages-kept", KEPT]],
  DL3042: [["recipes-packages-kept", KEPT]],
};

/**
 * Rules of hadolint that a Dockerfile of ours keeps only where the user's own words do: what a command says is not ours to
 * change. Where a policy asks for the same of the description, it is named.
 */
const THE_USERS = {
  DL3002: "the last user is not root: nonRoot()",
  DL3003: "no cd in a command",
  DL3004: "no sudo: a command of the user's own is run as it is written",
  DL3006: "a base has a tag: pinnedBases()",
  DL3007: "a base is not latest: pinnedBases()",
  DL3008: "versions of apt: fixedPackageVersions()",
  DL3013: "versions of pip: fixedPackageVersions()",
  DL3016: "versions of npm: fixedPackageVersions()",
  DL3018: "versions of apk: fixedPackageVersions()",
  DL3026: "allowed registries: allowedRegistries()",
  DL3059: "two steps are two layers unless a pass or the squash policy joins them",
  DL3064: "no secrets: noSecrets()",
  DL3067: "squash all copies the whole root file system, which is what it is for",
  DL4001: "either wget or curl",
  DL4006: "pipefail in a command with a pipe",
} as const;

const dialects = ["buildkit", "classic"] as const;

/** The Dockerfile of every golden case, as it is in the repository, and of every example that needs no base on disk. */
async function everyDockerfile(): Promise<{ readonly name: string; readonly text: string }[]> {
  const golden = goldenCases().flatMap((name) =>
    ["Dockerfile", "Dockerfile.classic"].map((file) => ({
      name: `${name} ${file}`,
      path: join(caseFolder(name), file),
    })),
  );
  const texts = golden
    .filter(({ path }) => existsSync(path))
    .map(({ name, path }) => ({ name, text: readFileSync(path, "utf8") }));
  const workspace = new Workspace();
  afterAll(() => workspace.remove());
  for (const { name, image, context } of await workspace.exampleSubjects()) {
    for (const dialect of dialects) {
      const options = { context, dialect, platform: PLATFORM, lock: false } as const;
      const text = await textOrRefusal(() => dockerfile(image, options));
      texts.push({ name: `${name} ${dialect}`, text });
    }
  }
  return texts.filter(({ text }) => !text.startsWith("# refused"));
}

const files = (await everyDockerfile()).map(({ name, text }) => ({ name, file: linted(text) }));

describe("every Dockerfile that we emit", () => {
  it("is read alike by another parser", () => {
    expect(files.length).toBeGreaterThan(250);
    for (const { name, file } of files) {
      const read = DockerfileParser.parse(file.text).getInstructions();
      expect(
        read.map((one) => one.getKeyword()),
        name,
      ).toEqual(file.instructions.map(({ keyword }) => keyword));
    }
  });

  it("is held to rules that no command of the user decides", () => {
    expect(Object.keys(rules).filter((rule) => rule in THE_USERS)).toEqual([]);
  });

  it.each(Object.keys(rules))("keeps %s", (rule) => {
    const broken = files.flatMap(({ name, file }) => rules[rule]!(file).map((place) => `${name}: ${place}`));
    const known = (KNOWN[rule] ?? []).map(([name]) => name);
    expect(broken.filter((line) => !known.some((name) => line.startsWith(`${name} `)))).toEqual([]);
  });
});

describe("a rule", () => {
  it.each<[string, string]>([
    ["DL3009", "RUN apt-get update && apt-get install -y curl"],
    ["DL3014", "RUN apt-get install --no-install-recommends curl && rm -rf /var/lib/apt/lists/*"],
    ["DL3015", "RUN apt-get install -y curl && rm -rf /var/lib/apt/lists/*"],
    ["DL3019", "RUN apk add curl"],
    ["DL3027", "RUN apt install -y --no-install-recommends curl"],
    ["DL3030", "RUN yum install curl && yum clean all"],
    ["DL3032", "RUN yum install -y curl"],
    ["DL3034", "RUN zypper install curl && zypper clean"],
    ["DL3036", "RUN zypper -n install curl"],
    ["DL3038", "RUN dnf install curl && dnf clean all"],
    ["DL3040", "RUN dnf install -y curl"],
    ["DL3042", "RUN pip install flask"],
    ["DL3046", "RUN useradd -u 1000000 app"],
    ["DL3060", "RUN yarn install"],
    ["DL3010", "COPY a.tar.gz /a/\nRUN tar -xzf /a/a.tar.gz"],
    ["DL3020", "ADD a.txt /a/"],
    ["DL1001", "# hadolint ignore=DL3000"],
    ["DL3000", "WORKDIR a"],
    ["DL3011", "EXPOSE 70000"],
    ["DL3012", "HEALTHCHECK NONE\nHEALTHCHECK NONE"],
    ["DL3021", "COPY a b /c"],
    ["DL3022", "COPY --from=stage-7 /a /a"],
    ["DL3023", "COPY --from=a /a /a"],
    ["DL3024", "FROM scratch AS a"],
    ["DL3025", "CMD run me"],
    ["DL3029", "FROM --platform=linux/amd64 scratch"],
    ["DL3043", "ONBUILD RUN a"],
    ["DL3044", 'ENV A="1" B="$A/b" A="$A"'],
    ["DL3045", "COPY a b"],
    ["DL4000", "MAINTAINER me"],
    ["DL4003", 'CMD ["a"]\nCMD ["b"]'],
    ["DL4004", 'ENTRYPOINT ["a"]\nENTRYPOINT ["b"]'],
    ["StageNameCasing", "FROM scratch AS Base"],
    ["FromAsCasing", "FROM scratch as b"],
    ["NoEmptyContinuation", "RUN a \\\n\nUSER b"],
    ["ReservedStageName", "FROM scratch AS context"],
    ["UndefinedArgInFrom", "FROM $BASE"],
    ["LegacyKeyValueFormat", "ENV A 1"],
    ["SecretsUsedInArgOrEnv", "ARG TOKEN"],
    ["ExposeProtoCasing", "EXPOSE 80/TCP"],
    ["ExposeInvalidFormat", "EXPOSE 127.0.0.1:80:80"],
  ])("%s finds what breaks it", (rule, line) => {
    expect(rules[rule]!(linted(`# A comment.\nFROM scratch AS a\n${line}\n`))).not.toEqual([]);
  });
});
