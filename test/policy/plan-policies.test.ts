import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  allowedRegistries,
  apt,
  fixedPackageVersions,
  Image,
  labelsRequired,
  nonRoot,
  noSecrets,
  pinnedBases,
} from "layerwright";
import { describe, expect, it } from "vitest";
import { checked, planned, work } from "./asked.js";

const DIGEST = `sha256:${"0".repeat(64)}`;
const messages = (findings: readonly { readonly message: string }[]) =>
  findings.map(({ message }) => message);

describe("nonRoot", () => {
  it("finds root by name, by number and by default, at the line that says so", async () => {
    for (const user of ["root", "0", "0:0", "root:65532"]) {
      const [finding, ...rest] = await planned(Image.from("debian:12").user(1000).user(user), nonRoot());
      expect(rest).toEqual([]);
      expect(finding).toMatchObject({ code: "NON_ROOT", severity: "error", image: "app" });
      expect(finding?.message).toContain(user);
      expect(finding?.origin?.file).toMatch(/plan-policies\.test\.ts$/);
    }
    const [nobody] = await planned(Image.scratch().write("/a", "1"), nonRoot());
    expect(nobody?.message).toContain("names no user");
    expect(nobody?.origin?.file).toMatch(/plan-policies\.test\.ts$/);
  });

  it("is content with anybody else, also by way of a base of the description", async () => {
    const parent = Image.from("debian:12").user("app");
    expect(await planned(Image.from(parent).write("/a", "1"), nonRoot())).toEqual([]);
    expect(await planned(Image.scratch().with(nonRoot()), nonRoot())).toEqual([]);
  });

  it("leaves what only the base says to the built image", async () => {
    const { findings, notBuilt } = await checked(
      { app: Image.from("debian:12"), own: Image.from("debian:12").user(1) },
      { policies: [nonRoot()] },
      { planOnly: true },
    );
    expect(findings).toEqual([]);
    expect(notBuilt).toEqual(["app"]);
  });
});

describe("pinnedBases", () => {
  it("finds bases by tag alone, also of stages that are only copied from", async () => {
    const tools = Image.from("golang:1.24").run("go build");
    const image = Image.from(`debian@${DIGEST}`).copy(tools.path("/go/a"), "/a");
    const [finding, ...rest] = await planned(image, pinnedBases());
    expect(rest).toEqual([]);
    expect(finding).toMatchObject({ code: "PINNED_BASES", fix: expect.stringContaining("layerwright lock") });
    expect(finding?.message).toContain("golang:1.24");
    expect(finding?.origin?.line).toBeGreaterThan(1);
  });

  it("takes the lock's word", async () => {
    const lock = join(work, "a.lock.json");
    const image = { digest: DIGEST, platforms: { "linux/amd64": { digest: DIGEST, size: 1 } } };
    writeFileSync(
      lock,
      JSON.stringify({ lockfileVersion: 1, images: { "docker.io/library/debian:12": image }, files: {} }),
    );
    expect(await planned(Image.from("debian:12"), pinnedBases(), { lock })).toEqual([]);
    expect(await planned(Image.from("debian:11"), pinnedBases(), { lock })).toHaveLength(1);
  });
});

describe("allowedRegistries", () => {
  it("knows hosts, and paths in them", async () => {
    const policy = allowedRegistries(["docker.io/library", "ghcr.io/acme/"]);
    const from = (reference: string) => planned(Image.from(reference), policy);
    expect(await from("debian:12")).toEqual([]);
    expect(await from("ghcr.io/acme/base:1")).toEqual([]);
    expect(messages(await from("ghcr.io/acmes/base:1"))[0]).toContain("ghcr.io/acmes/base");
    expect(await from("someone/debian:12")).toHaveLength(1);
    expect(await planned(Image.from("localhost:5000/a"), allowedRegistries(["localhost:5000"]))).toEqual([]);
  });
});

describe("labelsRequired", () => {
  it("asks for each label with a value", async () => {
    const policy = labelsRequired(["a", "b", "c"]);
    const found = await planned(Image.scratch().label({ a: "1", b: "" }), policy);
    expect(messages(found)).toEqual(["it has no label b", "it has no label c"]);
    expect(found[0]?.fix).toBe('add .label("b", "…")');
  });

  it("leaves a label that the base may have to the built image, and no other", async () => {
    const policies = [labelsRequired(["a"])];
    const images = { own: Image.from("debian:12").label("a", "1"), maybe: Image.from("debian:12") };
    const { findings, notBuilt } = await checked(images, { policies }, { planOnly: true });
    expect(findings).toEqual([]);
    expect(notBuilt).toEqual(["maybe"]);
  });
});

describe("noSecrets", () => {
  const TOKEN = `ghp_${"a1B2".repeat(9)}`;
  const secrets = (image: Image) => planned(image, noSecrets({ layers: false }));

  it.each([
    ["a variable by its name", Image.scratch().env("DB_PASSWORD", "hunter2"), "DB_PASSWORD"],
    ["a variable by its value", Image.scratch().env("PLAIN", TOKEN), "PLAIN"],
    ["a URL with a login", Image.scratch().env("DB_URL", "postgres://me:pass@db/x"), "DB_URL"],
    ["a label", Image.scratch().label("note", TOKEN), "label note"],
    ["a command", Image.from("debian:12").run(`curl -H 'Authorization: ${TOKEN}' a`), "a command"],
    [
      "a variable of a command",
      Image.from("debian:12").run("a", { env: { NPM_TOKEN: "xyzxyz" } }),
      "NPM_TOKEN",
    ],
    ["contents", Image.scratch().write("/root/.npmrc", "//r/:_authToken=abcdef12"), "/root/.npmrc"],
    ["a key", Image.scratch().write("/k", "-----BEGIN OPENSSH PRIVATE KEY-----\n"), "a private key"],
    ["a file of variables", Image.scratch().copy(".env.production", "/srv/"), ".env.production"],
    ["a key of the context", Image.scratch().copy("keys/id_ed25519", "/root/.ssh/"), "keys/id_ed25519"],
  ])("finds %s, and never says it", async (_, image, said) => {
    const found = await secrets(image);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ code: "NO_SECRETS", severity: "error" });
    expect(found[0]?.message).toContain(said);
    expect(found[0]?.origin?.line).toBeGreaterThan(1);
    expect(JSON.stringify(found)).not.toMatch(/hunter2|a1B2|me:pass|xyzxyz|abcdef12/);
  });

  it.each([
    ["where a secret is", Image.scratch().env({ TOKEN_FILE: "/run/secrets/t", PASSWORD: "/run/p" })],
    [
      "an empty value, a switch, a variable",
      Image.scratch().env({ A_TOKEN: "", USE_AUTH: "true", B_KEY: "$X" }),
    ],
    ["a public key", Image.scratch().env("SIGNING_PUBLIC_KEY", "abcdefgh")],
    ["a registry without a login", Image.scratch().write("/.npmrc", "registry=https://registry.example/\n")],
    [
      "a token that comes from a variable",
      Image.scratch().write("/.npmrc", "//r/:_authToken=${NPM_TOKEN}\n"),
    ],
    ["a template of variables", Image.scratch().copy(".env.example", "/srv/")],
    ["a public key of SSH", Image.scratch().copy("id_ed25519.pub", "/srv/")],
    [
      "a secret that is mounted",
      Image.from("debian:12").run("a", { mounts: [{ type: "secret", id: "npm" }] }),
    ],
  ])("lets %s be", async (_, image) => {
    expect(await secrets(image)).toEqual([]);
  });

  it("lets what is allowed be", async () => {
    const image = Image.scratch().env("APP_TOKEN", "not-really").copy(".env", "/srv/");
    expect(await secrets(image)).toHaveLength(2);
    expect(await planned(image, noSecrets({ layers: false, allow: ["APP_*", "/.env"] }))).toEqual([]);
  });
});

describe("fixedPackageVersions", () => {
  it("finds the packages of commands and of recipes, in all stages, once a command", async () => {
    const tools = Image.from("debian:12").run("apt-get update && apt-get install -y gcc make=4.3-4");
    const image = Image.from("debian:12").with(apt.install("curl")).copy(tools.path("/a"), "/a");
    const found = await planned(image, fixedPackageVersions());
    expect(messages(found).sort()).toEqual([
      "apt: curl in whatever version there is",
      "apt: gcc in whatever version there is",
    ]);
    expect(found[0]?.fix).toMatch(/^write the version, as (gcc|curl)=VERSION$/);
    expect(await planned(image, fixedPackageVersions({ allow: ["curl", "gcc"] }))).toEqual([]);
  });
});
