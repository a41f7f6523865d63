import { chmodSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { configPlaces } from "../../../src/adapters/credentials-docker/config-file.js";
import {
  CredentialHelpers,
  DockerCredentials,
} from "../../../src/adapters/credentials-docker/docker-credentials.js";
import type { Credential } from "../../../src/ports/registry.js";
import { tempFolder } from "../temp-folder.js";
import { auth, FakeHome } from "./fake-helper.js";

const user = (username: string, password: string): Credential => ({ kind: "password", username, password });

function credentialsOf(home: FakeHome): DockerCredentials {
  return new DockerCredentials({ ...home.places, helpers: new CredentialHelpers({ env: home.env }) });
}

function find(home: FakeHome, repository: string): Promise<Credential | undefined> {
  const slash = repository.indexOf("/");
  return credentialsOf(home).credentialFor({
    domain: repository.slice(0, slash),
    path: repository.slice(slash + 1),
  });
}

const entry = { auth: auth("me:pw") };
const me = user("me", "pw");

/** What Docker's file says, the repository, and the credential for it. */
const table: readonly (readonly [string, unknown, string, Credential | undefined])[] = [
  ["nothing", {}, "ghcr.io/a/b", undefined],
  ["an empty file", "", "ghcr.io/a/b", undefined],
  ["null, as Go writes it", { auths: null, credHelpers: null, credsStore: null }, "ghcr.io/a/b", undefined],
  ["a host", { auths: { "ghcr.io": entry } }, "ghcr.io/a/b", me],
  ["a host in other letters", { auths: { "GHCR.io": entry } }, "ghcr.io/a/b", me],
  ["another host", { auths: { "ghcr.io": entry } }, "quay.io/a/b", undefined],
  ["a host that only begins so", { auths: { "ghcr.io.example.com": entry } }, "ghcr.io/a/b", undefined],
  ["a host with a port", { auths: { "localhost:5000": entry } }, "localhost:5000/a", me],
  ["another port", { auths: { "localhost:5000": entry } }, "localhost:5001/a", undefined],
  ["https://", { auths: { "https://ghcr.io": entry } }, "ghcr.io/a/b", me],
  ["http://", { auths: { "http://localhost:5000": entry } }, "localhost:5000/a", me],
  ["https:// and the interface", { auths: { "https://ghcr.io/v1/": entry } }, "ghcr.io/a/b", me],
  [
    "https:// and a path, which is no namespace",
    { auths: { "https://ghcr.io/x/y": entry } },
    "ghcr.io/a/b",
    me,
  ],
  ["a trailing slash", { auths: { "ghcr.io/": entry } }, "ghcr.io/a/b", me],
  ["the interface without a scheme", { auths: { "ghcr.io/v2/": entry } }, "ghcr.io/a/b", me],
  ["Docker Hub", { auths: { "https://index.docker.io/v1/": entry } }, "docker.io/library/debian", me],
  ["Docker Hub, as podman writes it", { auths: { "docker.io": entry } }, "docker.io/library/debian", me],
  ["Docker Hub by its oldest host", { auths: { "registry-1.docker.io": entry } }, "docker.io/a/b", me],
  [
    "Docker's own name before other ones",
    { auths: { "docker.io": { auth: auth("old:pw") }, "https://index.docker.io/v1/": entry } },
    "docker.io/a/b",
    me,
  ],
  ["a namespace", { auths: { "ghcr.io/a": entry, "ghcr.io": { auth: auth("all:x") } } }, "ghcr.io/a/b", me],
  ["a namespace of others", { auths: { "ghcr.io/a": entry } }, "ghcr.io/ab/c", undefined],
  ["a repository below it", { auths: { "ghcr.io/a/b": entry } }, "ghcr.io/a", undefined],
  [
    "a repository before its namespace before its host",
    { auths: { "ghcr.io": { auth: auth("h:x") }, "ghcr.io/a/b": entry, "ghcr.io/a": { auth: auth("n:x") } } },
    "ghcr.io/a/b",
    me,
  ],
  ["an empty entry before a host", { auths: { "ghcr.io/a": {}, "ghcr.io": entry } }, "ghcr.io/a/b", me],
  ["an entry that is null", { auths: { "ghcr.io": null } }, "ghcr.io/a/b", undefined],
  [
    "colons in the password",
    { auths: { "ghcr.io": { auth: auth("me:a:b:") } } },
    "ghcr.io/a",
    user("me", "a:b:"),
  ],
  ["bytes beyond ASCII", { auths: { "ghcr.io": { auth: auth("mé:pä") } } }, "ghcr.io/a", user("mé", "pä")],
  ["a password filled up", { auths: { "ghcr.io": { auth: auth("me:pw\0\0") } } }, "ghcr.io/a", me],
  [
    "base64 without its end",
    { auths: { "ghcr.io": { auth: auth("me:pwd").replace(/=/g, "") } } },
    "ghcr.io/a",
    user("me", "pwd"),
  ],
  ["a name and nobody's password", { auths: { "ghcr.io": { auth: auth(":") } } }, "ghcr.io/a", undefined],
  ["a name and password", { auths: { "ghcr.io": { username: "me", password: "pw" } } }, "ghcr.io/a", me],
  [
    "auth before a name and password",
    { auths: { "ghcr.io": { ...entry, username: "x", password: "y" } } },
    "ghcr.io/a",
    me,
  ],
  [
    "an identity token",
    { auths: { "ghcr.io": { auth: auth("me:"), identitytoken: "it" } } },
    "ghcr.io/a",
    { kind: "identity", token: "it" },
  ],
  [
    "a registry token",
    { auths: { "ghcr.io": { ...entry, identitytoken: "it", registrytoken: "rt" } } },
    "ghcr.io/a",
    { kind: "bearer", token: "rt" },
  ],
];

describe("auths", () => {
  it.each(table)("%s", async (_, config, repository, expected) => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", config);
    expect(await find(home, repository)).toEqual(expected);
  });
});

describe("the files", () => {
  const one = (name: string) => ({ auths: { "ghcr.io": { auth: auth(`${name}:pw`) } } });

  it("are nothing where they are missing", async () => {
    expect(await find(new FakeHome(tempFolder()), "ghcr.io/a")).toBeUndefined();
  });

  it("are believed in their order, and the first that knows decides", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".config/containers/auth.json", one("lasting"));
    expect(await find(home, "ghcr.io/a")).toEqual(user("lasting", "pw"));
    home.write("run/containers/auth.json", one("session"));
    expect(await find(home, "ghcr.io/a")).toEqual(user("session", "pw"));
    home.write(".docker/config.json", { auths: { "quay.io": entry, "ghcr.io": {} } });
    expect(await find(home, "ghcr.io/a")).toEqual(user("session", "pw"));
    home.write(".docker/config.json", one("docker"));
    expect(await find(home, "ghcr.io/a")).toEqual(user("docker", "pw"));
    home.env["DOCKER_CONFIG"] = join(home.home, "other");
    home.write("other/config.json", one("other"));
    expect(await find(home, "ghcr.io/a")).toEqual(user("other", "pw"));
  });

  it("lie where the variables say", () => {
    const at = (env: Record<string, string>, platform: NodeJS.Platform = "linux") =>
      configPlaces({ env, platform, home: "/h", uid: 7 });
    const docker = "/h/.docker/config.json";
    expect(at({})).toEqual([docker, "/run/containers/7/auth.json", "/h/.config/containers/auth.json"]);
    expect(at({ XDG_RUNTIME_DIR: "/r", XDG_CONFIG_HOME: "/c" })).toEqual([
      docker,
      "/r/containers/auth.json",
      "/c/containers/auth.json",
    ]);
    expect(at({ REGISTRY_AUTH_FILE: "/a.json", XDG_RUNTIME_DIR: "/r" })).toEqual([docker, "/a.json"]);
    expect(at({ DOCKER_CONFIG: "", REGISTRY_AUTH_FILE: "" }, "darwin")).toEqual([
      docker,
      "/h/.config/containers/auth.json",
    ]);
    expect(at({ DOCKER_CONFIG: "/d", XDG_RUNTIME_DIR: "/r" }, "win32")).toEqual(["/d/config.json"]);
  });

  it("are read through links, and again each time", async () => {
    const home = new FakeHome(tempFolder());
    home.write("elsewhere.json", one("first"));
    mkdirSync(join(home.home, ".docker"));
    symlinkSync(join(home.home, "elsewhere.json"), home.config);
    const credentials = credentialsOf(home);
    const ask = () => credentials.credentialFor({ domain: "ghcr.io", path: "a" });
    expect(await ask()).toEqual(user("first", "pw"));
    home.write("elsewhere.json", one("second"));
    expect(await ask()).toEqual(user("second", "pw"));
  });
});

describe("helpers", () => {
  const answers = (username: string, secret: string) =>
    `echo '${JSON.stringify({ ServerURL: "x", Username: username, Secret: secret })}'`;

  it("know the credential, before what auths holds", async () => {
    const home = new FakeHome(tempFolder());
    home.helper("store", answers("from-store", "pw"));
    home.helper("own", answers("from-own", "pw"));
    home.write(".docker/config.json", {
      auths: { "ghcr.io": entry, "quay.io": entry, "plain.example.com": entry },
      credsStore: "store",
      credHelpers: { "ghcr.io": "own", "plain.example.com": "" },
    });
    expect(await find(home, "ghcr.io/a")).toEqual(user("from-own", "pw"));
    expect(await find(home, "QUAY.io/a")).toEqual(user("from-store", "pw"));
    expect(await find(home, "plain.example.com/a")).toEqual(me);
    expect(readFileSync(home.log, "utf8")).toBe("get ghcr.io\nget quay.io\n");
  });

  it("are found for a host by its other spellings", async () => {
    const home = new FakeHome(tempFolder());
    home.helper("own", answers("from-own", "pw"));
    home.write(".docker/config.json", { credHelpers: { "https://GHCR.io": "own", "quay.io/a": "other" } });
    expect(await find(home, "ghcr.io/a")).toEqual(user("from-own", "pw"));
    expect(await find(home, "quay.io/a/b")).toBeUndefined();
  });

  it("give identity tokens", async () => {
    const home = new FakeHome(tempFolder());
    home.helper("own", answers("<token>", "it"));
    home.write(".docker/config.json", { credsStore: "own" });
    expect(await find(home, "ghcr.io/a")).toEqual({ kind: "identity", token: "it" });
  });

  it.each([
    ["says so", "echo 'credentials not found in native keychain'; exit 1"],
    ["says so on standard error", "echo 'credentials not found in native keychain' >&2; exit 1"],
    ["has an empty answer", 'echo \'{"Username":"","Secret":""}\''],
    ["has an empty token", 'echo \'{"Username":"<token>","Secret":""}\''],
  ])("know nothing when one %s, and the next file is asked, not auths", async (_, body) => {
    const home = new FakeHome(tempFolder());
    home.helper("own", body);
    home.write(".docker/config.json", { credsStore: "own", auths: { "ghcr.io": entry } });
    expect(await find(home, "ghcr.io/a")).toBeUndefined();
    home.write("run/containers/auth.json", { auths: { "ghcr.io": { auth: auth("podman:pw") } } });
    expect(await find(home, "ghcr.io/a")).toEqual(user("podman", "pw"));
  });

  it("are asked for Docker Hub by Docker's name and by podman's", async () => {
    const home = new FakeHome(tempFolder());
    home.helper(
      "own",
      `[ "$server" = docker.io ] || { echo credentials not found in native keychain; exit 1; }\n${answers("me", "pw")}`,
    );
    home.write(".docker/config.json", { credHelpers: { "https://index.docker.io/v1/": "own" } });
    expect(await find(home, "docker.io/library/debian")).toEqual(me);
    expect(readFileSync(home.log, "utf8")).toBe("get https://index.docker.io/v1/\nget docker.io\n");
  });

  it("are asked once for all repositories of a registry, also side by side", async () => {
    const home = new FakeHome(tempFolder());
    home.helper("own", answers("me", "pw"));
    home.write(".docker/config.json", { credsStore: "own" });
    const helpers = new CredentialHelpers({ env: home.env });
    const ask = (domain: string, path: string) =>
      new DockerCredentials({ ...home.places, helpers }).credentialFor({ domain, path });
    await Promise.all([ask("ghcr.io", "a"), ask("ghcr.io", "b/c"), ask("quay.io", "a")]);
    expect(await ask("ghcr.io", "d")).toEqual(me);
    expect(readFileSync(home.log, "utf8").split("\n").sort()).toEqual(["", "get ghcr.io", "get quay.io"]);
  });

  it("are asked again after a failure", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", { credsStore: "own" });
    home.helper("own", "exit 1");
    const credentials = credentialsOf(home);
    const ask = () => credentials.credentialFor({ domain: "ghcr.io", path: "a" });
    await expect(ask()).rejects.toMatchObject({ code: "CREDENTIAL_HELPER_FAILED" });
    home.helper("own", answers("me", "pw"));
    expect(await ask()).toEqual(me);
  });

  it("do not hold up one who gives up", async () => {
    const home = new FakeHome(tempFolder());
    home.helper("own", "exec sleep 2");
    home.write(".docker/config.json", { credsStore: "own" });
    const stop = new AbortController();
    const asked = credentialsOf(home).credentialFor({ domain: "ghcr.io", path: "a" }, stop.signal);
    stop.abort(new Error("enough"));
    await expect(asked).rejects.toThrow("enough");
  });
});

describe("what cannot be read", () => {
  it("is an error that names the file: CREDENTIALS_UNREADABLE", async () => {
    const home = new FakeHome(tempFolder());
    mkdirSync(home.config, { recursive: true });
    await expect(find(home, "ghcr.io/a")).rejects.toMatchObject({
      code: "CREDENTIALS_UNREADABLE",
      message: expect.stringContaining(`${home.config} cannot be read: EISDIR`),
    });
  });

  it.skipIf(process.getuid?.() === 0)("also where the rights are missing", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", {});
    chmodSync(home.config, 0);
    await expect(find(home, "ghcr.io/a")).rejects.toMatchObject({ code: "CREDENTIALS_UNREADABLE" });
  });

  it("is nothing where a file stands in the place of its folder", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker", "a file");
    expect(await find(home, "ghcr.io/a")).toBeUndefined();
  });
});
