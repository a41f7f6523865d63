import { mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { login, logout } from "../../src/api/registry.js";
import { RegistryError } from "../../src/errors/layerwright-error.js";
import { auth, FakeHome, holdsSecret } from "../adapters/credentials-docker/fake-helper.js";
import { tempFolder } from "../adapters/temp-folder.js";
import { type Ran, runHere } from "./cli-support.js";

const verifyLogin = vi.hoisted(() => vi.fn());
vi.mock("../../src/adapters/registry-http/http-registry.js", () => ({ verifyLogin }));

const CANARY = "canary-Zk7qPw3vXs9tRb";
const realInput = Object.getOwnPropertyDescriptor(process, "stdin")!;
let home: FakeHome;

beforeEach(() => {
  home = new FakeHome(tempFolder());
  vi.stubEnv("DOCKER_CONFIG", join(home.home, ".docker"));
  vi.stubEnv("REGISTRY_AUTH_FILE", join(home.home, "auth.json"));
  vi.stubEnv("PATH", home.env["PATH"]);
  verifyLogin.mockReset().mockResolvedValue({ checked: true });
});
afterEach(() => {
  vi.unstubAllEnvs();
  Object.defineProperty(process, "stdin", realInput);
});

/** Standard input that is a pipe with this in it. */
function pipeIn(text: string): void {
  const input = new PassThrough();
  input.end(text);
  Object.defineProperty(process, "stdin", { value: input, configurable: true });
}

/** Standard input that is a terminal on which each text is typed after a question. */
function typeIn(texts: readonly string[]): { readonly raw: boolean[] } {
  const raw: boolean[] = [];
  const rest = [...texts];
  const input = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (mode: boolean) => {
      raw.push(mode);
      const next = rest[0];
      if (mode && next !== undefined) {
        rest.shift();
        setTimeout(() => input.write(next), 5);
      }
    },
  });
  Object.defineProperty(process, "stdin", { value: input, configurable: true });
  return { raw };
}

function kept(): Record<string, { auth: string }> {
  return JSON.parse(readFileSync(home.config, "utf8")).auths;
}

function expectNoSecret(ran: Ran): void {
  expect(holdsSecret(`${ran.stdout}\n${ran.stderr}`, CANARY)).toBe(false);
}

describe("layerwright login", () => {
  it("keeps a password from standard input, after the registry took it", async () => {
    pipeIn(`${CANARY}\n`);
    verifyLogin.mockImplementation(async () => {
      expect(() => statSync(home.config)).toThrow("ENOENT");
      return { checked: true };
    });
    const ran = await runHere(["login", "ghcr.io", "-u", "me", "--password-stdin"]);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toContain("logged in to ghcr.io as me\n");
    expect(ran.stdout).toContain(`in ${home.config}, unencrypted`);
    const credential = { kind: "password", username: "me", password: CANARY };
    expect(verifyLogin).toHaveBeenCalledExactlyOnceWith("ghcr.io", credential, expect.any(AbortSignal));
    expect(kept()).toEqual({ "ghcr.io": { auth: auth(`me:${CANARY}`) } });
    expectNoSecret(ran);
  });

  it.each([
    ["a\n", "a"],
    ["a\r\n", "a"],
    ["a\n\n", "a\n"],
    [" a b \t", " a b \t"],
    ["a:b:ä", "a:b:ä"],
  ])("takes one line break off %j", async (typed, password) => {
    pipeIn(typed);
    const ran = await runHere(["login", "-u", "me", "--password-stdin"]);
    expect(ran.code).toBe(0);
    expect(kept()).toEqual({ "https://index.docker.io/v1/": { auth: auth(`me:${password}`) } });
  });

  it("asks on a terminal, and shows the name but not the password", async () => {
    const { raw } = typeIn(["mex\x7f\r", `x\x15\x1b[200~${CANARY}\x1b[201~y\x7f\x1b[A\x1bOB\r`]);
    const ran = await runHere(["login", "https://GHCR.io/"]);
    expect([ran.code, raw]).toEqual([0, [true, false, true, false]]);
    expect(ran.stderr).toBe("User name: mex\b \b\nPassword: \n");
    expect(kept()).toEqual({ "ghcr.io": { auth: auth(`me:${CANARY}`) } });
    expectNoSecret(ran);
  });

  it("takes two lines that come at once", async () => {
    typeIn([`me\n${CANARY}\n`]);
    expect((await runHere(["login", "ghcr.io"])).code).toBe(0);
    expect(kept()).toEqual({ "ghcr.io": { auth: auth(`me:${CANARY}`) } });
  });

  it("is interrupted by Ctrl-C as anywhere else", async () => {
    const { raw } = typeIn(["pw\x03\x04"]);
    const kill = vi.spyOn(process, "kill").mockImplementation(() => {
      process.stdin.emit("end");
      return true;
    });
    await runHere(["login", "ghcr.io", "-u", "me"]);
    expect(kill).toHaveBeenCalledWith(process.pid, "SIGINT");
    expect(raw).toEqual([true, false]);
    kill.mockRestore();
  });

  it("says where it is kept as JSON, the helper too", async () => {
    pipeIn(CANARY);
    home.keepingHelper("keep");
    home.write(".docker/config.json", { credsStore: "keep" });
    const ran = await runHere(["login", "ghcr.io", "-u", "me", "--password-stdin", "--json"]);
    expect(JSON.parse(ran.stdout)).toEqual({
      registry: "ghcr.io",
      username: "me",
      file: home.config,
      helper: "keep",
      checked: true,
    });
    expect(kept()).toEqual({ "ghcr.io": {} });
    expectNoSecret(ran);
  });

  it("G19: says that nothing was checked where the registry is open to all", async () => {
    pipeIn(CANARY);
    verifyLogin.mockResolvedValue({ checked: false });
    const ran = await runHere(["login", "ghcr.io", "-u", "me", "--password-stdin"]);
    expect(ran.code).toBe(0);
    expect(ran.stdout).toContain("it could not be checked: the registry is open to all");
    expect(ran.stdout).not.toContain("logged in");
    expect(kept()).toEqual({ "ghcr.io": { auth: auth(`me:${CANARY}`) } });
  });

  it("keeps nothing that the registry refuses, and ends with 4", async () => {
    pipeIn(CANARY);
    home.write(".docker/config.json", { auths: { "ghcr.io": { auth: auth("old:pw") } } });
    const refusal = new RegistryError("DOWNLOAD_FAILED", { url: "https://ghcr.io/v2/", reason: "401" });
    verifyLogin.mockRejectedValue(refusal);
    const ran = await runHere(["login", "ghcr.io", "-u", "me", "--password-stdin"]);
    expect([ran.code, ran.stdout]).toEqual([4, ""]);
    expect(kept()).toEqual({ "ghcr.io": { auth: auth("old:pw") } });
    expectNoSecret(ran);
  });

  it("needs a password from somewhere: LOGIN_INPUT_MISSING says from where", async () => {
    pipeIn("");
    const ran = await runHere(["login", "ghcr.io", "-u", "me"]);
    expect([ran.code, ran.stdout]).toEqual([2, ""]);
    expect(ran.stderr).toContain("error LOGIN_INPUT_MISSING: the password is missing");
    expect(ran.stderr).toContain("--password-stdin < token.txt");
    const nameless = await runHere(["login", "ghcr.io", "--password-stdin"]);
    expect(nameless.code).toBe(2);
    expect(nameless.stderr).toContain("the user name is missing");
    expect(nameless.stderr).toContain("--username NAME");
  });

  it("takes no whole file for a password", async () => {
    pipeIn(CANARY.repeat(4000));
    const ran = await runHere(["login", "-u", "me", "--password-stdin"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain("more than 65536 bytes");
    expectNoSecret(ran);
  });

  it.each([
    ["", "the password is empty", "me"],
    ["\n", "the password is empty", "me"],
    [CANARY, "the user name holds a colon", "me:x"],
    [CANARY, "the user name is empty", ""],
    [CANARY, "the user name holds a control character", "me\nx"],
  ])("refuses what no registry takes: LOGIN_INVALID (%j: %s)", async (password, reason, username) => {
    pipeIn(password);
    const ran = await runHere(["login", "ghcr.io", "-u", username, "--password-stdin"]);
    expect(ran.code).toBe(2);
    expect(ran.stderr).toContain(`error LOGIN_INVALID: the login to ghcr.io is not valid: ${reason}`);
    expect(verifyLogin).not.toHaveBeenCalled();
    expectNoSecret(ran);
  });

  it("has no option for the password", async () => {
    const ran = await runHere(["login", "--help"]);
    expect(ran.stdout).not.toMatch(/--password\b(?!-stdin)/);
    expect((await runHere(["login", "--password", "pw"])).code).toBe(2);
    expect((await runHere(["login", "-p", "pw"])).code).toBe(2);
  });
});

describe("the registry", () => {
  it.each([
    ["ghcr.io/acme", "it has a path"],
    ["https://", "it is empty"],
    ["", "it is empty"],
    ["ghcr", "a host has a dot, a port, or is localhost"],
    ["gh cr.io", "it is not a host name"],
    ["ghcr.io:port", "it is not a host name"],
    [`https://me:${CANARY}@ghcr.io`, 'error LOGIN_REGISTRY_INVALID: "@ghcr.io" is not a registry: a user'],
  ])("%j is refused: LOGIN_REGISTRY_INVALID", async (registry, reason) => {
    pipeIn(CANARY);
    for (const command of [
      ["login", registry, "-u", "me", "--password-stdin"],
      ["logout", registry],
    ]) {
      const ran = await runHere(command);
      expect(ran.code).toBe(2);
      expect(ran.stderr).toContain("error LOGIN_REGISTRY_INVALID");
      expect(ran.stderr).toContain(reason);
      expectNoSecret(ran);
    }
    await expect(logout(registry)).rejects.toMatchObject({
      name: "DefinitionError",
      code: "LOGIN_REGISTRY_INVALID",
    });
  });

  it.each([
    ["localhost", "localhost"],
    ["http://localhost:5000/", "localhost:5000"],
    ["[::1]:5000", "[::1]:5000"],
    ["https://Registry.Example.com/v2/", "registry.example.com"],
    ["https://index.docker.io/v1/", "docker.io"],
    ["registry-1.docker.io", "docker.io"],
  ])("%s is %s", async (registry, domain) => {
    expect(await logout(registry)).toMatchObject({ registry: domain, loggedOut: false });
  });
});

describe("layerwright logout", () => {
  it("forgets the credential, and says what podman knows", async () => {
    const entry = { auth: auth(`me:${CANARY}`) };
    home.write(".docker/config.json", { auths: { "https://ghcr.io": entry, "quay.io": entry } });
    home.write("auth.json", { auths: { "ghcr.io": entry } });
    const ran = await runHere(["logout", "ghcr.io"]);
    expect([ran.code, ran.stderr]).toEqual([0, ""]);
    expect(ran.stdout).toBe(
      `logged out of ghcr.io\n${join(home.home, "auth.json")} knows ghcr.io too: podman logout ghcr.io\n`,
    );
    expect(Object.keys(kept())).toEqual(["quay.io"]);
    expectNoSecret(ran);
  });

  it("of what was no login is none", async () => {
    const ran = await runHere(["logout", "--json"]);
    expect([ran.code, JSON.parse(ran.stdout)]).toEqual([
      0,
      { registry: "docker.io", file: home.config, loggedOut: false, elsewhere: [] },
    ]);
    expect((await runHere(["logout"])).stdout).toBe("was not logged in to docker.io\n");
  });

  it("is an error where the file is damaged", async () => {
    mkdirSync(join(home.home, ".docker"));
    writeFileSync(home.config, `{"auths": "${CANARY}"`);
    const ran = await runHere(["logout", "ghcr.io"]);
    expect(ran.code).toBe(3);
    expect(ran.stderr).toContain("error CREDENTIALS_INVALID");
    expectNoSecret(ran);
  });
});

describe("login()", () => {
  it("keeps a login, and gives back where", async () => {
    const verify = vi.fn(async () => ({ checked: true }));
    const done = await login("localhost:5000", { username: "me", password: CANARY }, { verify });
    expect(done).toEqual({ registry: "localhost:5000", username: "me", file: home.config, checked: true });
    expect(verify).toHaveBeenCalledOnce();
    expect(verifyLogin).not.toHaveBeenCalled();
    expect(kept()).toEqual({ "localhost:5000": { auth: auth(`me:${CANARY}`) } });
    expect(await logout("localhost:5000")).toMatchObject({ loggedOut: true });
  });

  it("refuses a name with a colon", async () => {
    await expect(login("ghcr.io", { username: "a:b", password: CANARY })).rejects.toMatchObject({
      name: "DefinitionError",
      code: "LOGIN_INVALID",
    });
  });

  it("keeps nothing once it is given up", async () => {
    const stop = new AbortController();
    const verify = async () => {
      stop.abort(new Error("enough"));
      return { checked: true };
    };
    const done = login("ghcr.io", { username: "me", password: CANARY }, { verify, signal: stop.signal });
    await expect(done).rejects.toThrow("enough");
    expect(() => statSync(home.config)).toThrow("ENOENT");
  });
});
