import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import {
  CredentialHelpers,
  DockerCredentials,
} from "../../../src/adapters/credentials-docker/docker-credentials.js";
import {
  changeConfig,
  eraseCredential,
  saveCredential,
} from "../../../src/adapters/credentials-docker/saved-credentials.js";
import { newOwnedName } from "../../../src/adapters/host/owner-mark.js";
import { compileChild } from "../compiled-child.js";
import { tempFolder } from "../temp-folder.js";
import { auth, FakeHome } from "./fake-helper.js";

const me = { kind: "password", username: "me", password: "pw:1" } as const;
const child = compileChild("login-child.ts");
afterAll(child.remove);

const optionsOf = (home: FakeHome) => ({
  ...home.places,
  helpers: new CredentialHelpers({ env: home.env }),
});

const find = (home: FakeHome, domain: string) =>
  new DockerCredentials(optionsOf(home)).credentialFor({ domain, path: "a/b" });

describe("a saved credential", () => {
  it("makes the file as Docker writes it, for its owner alone, and is found again", async () => {
    const home = new FakeHome(tempFolder());
    const saved = await saveCredential("ghcr.io", me, optionsOf(home));
    expect(saved).toEqual({ file: home.config, helper: undefined });
    expect(readFileSync(home.config, "utf8")).toBe(
      `{\n\t"auths": {\n\t\t"ghcr.io": {\n\t\t\t"auth": "${auth("me:pw:1")}"\n\t\t}\n\t}\n}`,
    );
    expect(statSync(home.config).mode & 0o777).toBe(0o600);
    expect(statSync(join(home.home, ".docker")).mode & 0o777).toBe(0o700);
    expect(readdirSync(join(home.home, ".docker"))).toEqual(["config.json"]);
    expect(await find(home, "ghcr.io")).toEqual(me);
  });

  it("of Docker Hub goes under Docker's own name; a token is kept as one", async () => {
    const home = new FakeHome(tempFolder());
    await saveCredential("docker.io", me, optionsOf(home));
    await saveCredential("quay.io", { kind: "identity", token: "it" }, optionsOf(home));
    expect(JSON.parse(readFileSync(home.config, "utf8"))).toEqual({
      auths: { "https://index.docker.io/v1/": { auth: auth("me:pw:1") }, "quay.io": { identitytoken: "it" } },
    });
    expect(await find(home, "docker.io")).toEqual(me);
    expect(await find(home, "quay.io")).toEqual({ kind: "identity", token: "it" });
  });

  it("counts over an older one under another spelling", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", { auths: { "https://ghcr.io/v1/": { auth: auth("old:pw") } } });
    await saveCredential("ghcr.io", me, optionsOf(home));
    expect(await find(home, "ghcr.io")).toEqual(me);
  });

  it("leaves every other byte of the file, and takes rights from others", async () => {
    const home = new FakeHome(tempFolder());
    const text =
      '{\n    "HttpHeaders": {"User-Agent": "x"},\n    "auths": {\n        "quay.io": {"auth": "", "email": "a@b"}\n    },\n    "big": 12345678901234567890\n}\n';
    home.write(".docker/config.json", text);
    chmodSync(home.config, 0o644);
    await saveCredential("ghcr.io", me, optionsOf(home));
    const added = `,\n        "ghcr.io": {\n            "auth": "${auth("me:pw:1")}"\n        }`;
    expect(readFileSync(home.config, "utf8")).toBe(text.replace('"a@b"}', (it) => it + added));
    expect(statSync(home.config).mode & 0o777).toBe(0o600);
    expect(await eraseCredential("ghcr.io", optionsOf(home))).toMatchObject({ erased: true });
    expect(readFileSync(home.config, "utf8")).toBe(text);
  });

  it("is written to what a link leads to, also where that is not there yet", async () => {
    const home = new FakeHome(tempFolder());
    mkdirSync(join(home.home, ".docker"));
    symlinkSync("../dotfiles/docker.json", home.config);
    await saveCredential("ghcr.io", me, optionsOf(home));
    await saveCredential("quay.io", me, optionsOf(home));
    expect(lstatSync(home.config).isSymbolicLink()).toBe(true);
    const kept = JSON.parse(readFileSync(join(home.home, "dotfiles/docker.json"), "utf8"));
    expect(Object.keys(kept.auths)).toEqual(["ghcr.io", "quay.io"]);
  });

  it("is not written into a file that is damaged", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", '{"auths": {');
    await expect(saveCredential("ghcr.io", me, optionsOf(home))).rejects.toMatchObject({
      code: "CREDENTIALS_INVALID",
    });
    expect(readFileSync(home.config, "utf8")).toBe('{"auths": {');
  });

  it("cannot be written where the folder is a file: CREDENTIALS_UNWRITABLE", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker", "a file");
    await expect(saveCredential("ghcr.io", me, optionsOf(home))).rejects.toMatchObject({
      code: "CREDENTIALS_UNWRITABLE",
      message: expect.stringContaining(home.config),
    });
  });

  it("waits for another writer, but not for ever: CREDENTIALS_LOCKED", async () => {
    const home = new FakeHome(tempFolder());
    mkdirSync(join(home.home, ".docker"));
    const lock = `${home.config}.lock`;
    symlinkSync(newOwnedName(), lock);
    const change = changeConfig(home.config, () => "{}", 0.05);
    await expect(change).rejects.toMatchObject({ code: "CREDENTIALS_LOCKED" });
    const saving = saveCredential("ghcr.io", me, optionsOf(home));
    setTimeout(() => rmSync(lock), 50);
    await saving;
    expect(await find(home, "ghcr.io")).toEqual(me);
  });

  it("a killed login's leftovers are removed", async () => {
    const home = new FakeHome(tempFolder());
    const gone = newOwnedName().replace(/^(\w+)\.\d+\./, "$1.4194304.");
    home.write(`.docker/.layerwright-${gone}`, "secret");
    writeFileSync(join(home.home, ".docker/.layerwright-notes"), "not ours");
    await saveCredential("ghcr.io", me, optionsOf(home));
    expect(readdirSync(join(home.home, ".docker")).sort()).toEqual([".layerwright-notes", "config.json"]);
  });
});

describe("logins side by side", () => {
  it("of one process lose nothing", async () => {
    const home = new FakeHome(tempFolder());
    const hosts = Array.from({ length: 25 }, (_, index) => `r${index}.example.com`);
    await Promise.all(hosts.map((host) => saveCredential(host, me, optionsOf(home))));
    expect(Object.keys(JSON.parse(readFileSync(home.config, "utf8")).auths).sort()).toEqual(hosts.sort());
  });

  it("of three processes lose nothing, and a reader sees whole files only", async () => {
    const home = new FakeHome(tempFolder());
    home.write(".docker/config.json", { auths: { "kept.example.com": {} }, other: true });
    const rounds = 20;
    const children = [0, 1, 2].map((lane) =>
      spawn(process.execPath, [child.script, `${lane}`, `${rounds}`], {
        env: { ...process.env, DOCKER_CONFIG: join(home.home, ".docker") },
        stdio: ["pipe", "pipe", "inherit"],
      }),
    );
    await Promise.all(children.map(({ stdout }) => once(stdout, "data")));
    const ended = Promise.all(children.map((it) => once(it, "close")));
    for (const { stdin } of children) stdin.write("go\n");
    let running = true;
    void ended.then(() => {
      running = false;
    });
    while (running) {
      expect(JSON.parse(readFileSync(home.config, "utf8")).other).toBe(true);
      await new Promise((wait) => setTimeout(wait, 3));
    }
    expect((await ended).map(([code]) => code)).toEqual([0, 0, 0]);
    const { auths } = JSON.parse(readFileSync(home.config, "utf8"));
    expect(Object.keys(auths)).toHaveLength(1 + 3 * rounds);
    expect(readdirSync(join(home.home, ".docker"))).toEqual(["config.json"]);
  });
});

describe("with a helper", () => {
  it("the secret is with the helper, and not in the file, where an old one goes", async () => {
    const home = new FakeHome(tempFolder());
    home.keepingHelper("keep");
    home.write(".docker/config.json", { auths: { "ghcr.io": { auth: auth("me:old") } }, credsStore: "keep" });
    const saved = await saveCredential("ghcr.io", me, optionsOf(home));
    expect(saved.helper).toBe("keep");
    expect(JSON.parse(readFileSync(home.config, "utf8"))).toEqual({
      auths: { "ghcr.io": {} },
      credsStore: "keep",
    });
    expect(await find(home, "ghcr.io")).toEqual(me);
    await saveCredential("ghcr.io", { kind: "identity", token: "it" }, optionsOf(home));
    expect(await find(home, "ghcr.io")).toEqual({ kind: "identity", token: "it" });
  });

  it("a process that logs in anew sees the new credential", async () => {
    const home = new FakeHome(tempFolder());
    home.keepingHelper("keep");
    home.write(".docker/config.json", { credsStore: "keep" });
    const options = optionsOf(home);
    const ask = () => new DockerCredentials(options).credentialFor({ domain: "docker.io", path: "a" });
    expect(await ask()).toBeUndefined();
    await saveCredential("docker.io", me, options);
    expect(await ask()).toEqual(me);
    await eraseCredential("docker.io", options);
    expect(await ask()).toBeUndefined();
  });

  it("is erased there under all names, and asked to erase only what it has", async () => {
    const home = new FakeHome(tempFolder());
    home.keepingHelper("keep");
    home.write(".docker/config.json", {
      auths: { "https://ghcr.io/v1/": {}, "quay.io": {} },
      credHelpers: { "ghcr.io": "keep" },
    });
    const options = optionsOf(home);
    const helper = { helper: "keep", registry: "ghcr.io", path: home.config };
    await options.helpers.store(helper, "https://ghcr.io/v1/", me);
    await saveCredential("ghcr.io", me, options);
    expect(await eraseCredential("ghcr.io", options)).toMatchObject({ erased: true });
    expect(readdirSync(join(home.home, "kept-keep"))).toEqual([]);
    const config = { auths: { "quay.io": {} }, credHelpers: { "ghcr.io": "keep" } };
    expect(JSON.parse(readFileSync(home.config, "utf8"))).toEqual(config);
    rmSync(home.log);
    expect(await eraseCredential("ghcr.io", options)).toMatchObject({ erased: false });
    expect(readFileSync(home.log, "utf8")).toBe("get\n");
  });
});

describe("an erased credential", () => {
  it("is gone under all its names; namespaces and others stay", async () => {
    const home = new FakeHome(tempFolder());
    const entry = { auth: auth("me:pw") };
    const mine = [
      "ghcr.io",
      "https://ghcr.io",
      "http://ghcr.io/",
      "https://ghcr.io/v1/",
      "ghcr.io/v2/",
      "GHCR.io",
    ];
    const others = ["ghcr.io:443", "ghcr.io/acme", "ghcr.io.example.com", "quay.io"];
    home.write(".docker/config.json", {
      auths: Object.fromEntries([...mine, ...others].sort().map((key) => [key, entry])),
    });
    expect(await eraseCredential("ghcr.io", optionsOf(home))).toMatchObject({ erased: true, elsewhere: [] });
    expect(Object.keys(JSON.parse(readFileSync(home.config, "utf8")).auths)).toEqual(others.sort());
  });

  it("of Docker Hub is gone by its three hosts", async () => {
    const home = new FakeHome(tempFolder());
    const keys = ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"];
    home.write(".docker/config.json", { auths: Object.fromEntries(keys.map((key) => [key, {}])) });
    await eraseCredential("docker.io", optionsOf(home));
    expect(JSON.parse(readFileSync(home.config, "utf8"))).toEqual({ auths: {} });
  });

  it("that was none changes and makes nothing, and podman's is said", async () => {
    const home = new FakeHome(tempFolder());
    home.write("run/containers/auth.json", { auths: { "ghcr.io": { auth: auth("me:pw") } } });
    home.write(".config/containers/auth.json", "damaged");
    expect(await eraseCredential("ghcr.io", optionsOf(home))).toEqual({
      file: home.config,
      erased: false,
      elsewhere: [join(home.home, "run/containers/auth.json")],
    });
    expect(readdirSync(home.home)).not.toContain(".docker");
  });
});
