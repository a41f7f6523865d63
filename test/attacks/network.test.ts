import { createSocket, type Socket } from "node:dgram";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findHostTools } from "../../src/adapters/sandbox-runc/host-tools.js";
import { pastaCommand } from "../../src/adapters/sandbox-runc/private-network.js";
import { RuncSandbox } from "../../src/adapters/sandbox-runc/runc-sandbox.js";
import { BASES, ensureBases } from "../fixtures/bases.js";
import { buildIn } from "../fixtures/sandbox-build.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { withRuntime } from "./defences.js";

const missing = await whyNoSandbox();
const work = mkdtempSync(join(tmpdir(), "layerwright-network-"));
const servers: Server[] = [];

/** An address of this machine that is not its loopback. */
const outside = Object.values(networkInterfaces())
  .flat()
  .find((one) => one?.family === "IPv4" && !one.internal)?.address;

async function serve(address: string): Promise<number> {
  const server = createServer((_, response) => response.end(`hello from ${address}\n`));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return (server.address() as AddressInfo).port;
}

beforeAll(() => void ensureBases());
afterAll(() => {
  for (const server of servers) server.close();
  rmSync(work, { recursive: true, force: true });
});

/** What a command with a network finds: a file for each address that answered. */
async function reached(
  sandbox: RuncSandbox,
  network: "default" | "host" | "none",
  addresses: Readonly<Record<string, string>>,
): Promise<{ readonly names: readonly string[]; readonly warnings: readonly string[] }> {
  const folder = mkdtempSync(join(work, "build-"));
  const warnings: string[] = [];
  const progress = {
    report: (event: { readonly kind: string; readonly message?: string }) => {
      if (event.kind === "warn") warnings.push(event.message ?? "");
    },
  };
  const asks = Object.entries(addresses).map(
    ([name, address]) =>
      `{ printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox timeout 5 busybox nc ${address} | grep -q hello && : > /reached/${name}; } &`,
  );
  const looksUp = `busybox nslookup ${NAME} | grep -q ${ANSWER} && : > /reached/name`;
  const command = ["mkdir /reached", ...asks, looksUp, "wait", "cp /etc/resolv.conf /resolver"].join("\n");
  const image = Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).run(command, { network });
  const { listing } = await buildIn(image, { sandbox, context: folder, work: folder, progress });
  const names = [...listing.rootfs.keys()].filter((path) => path.startsWith("reached/"));
  return { names: names.map((path) => path.slice("reached/".length)).sort(), warnings };
}

/** Nothing that can be installed: a container has the device of its machine, or has not. */
const noTunnel = !existsSync("/dev/net/tun");

test("S4: slirp4netns is taken before pasta, and pasta where it is alone", () => {
  const { tools } = findHostTools();
  if (tools === undefined) return;
  const folder = join(work, "programs");
  mkdirSync(folder);
  const program = (name: string) => writeFileSync(join(folder, name), "", { mode: 0o755 });
  for (const name of ["runc", "unshare", "setpriv", "mount", "tar", "sh"]) program(name);
  const found = () => findHostTools(folder, []).tools?.network;
  expect(found()).toBeUndefined();
  program("pasta");
  expect(found()).toBe(join(folder, "pasta"));
  program("slirp4netns");
  expect(found()).toBe(join(folder, "slirp4netns"));
});

test("S4: pasta is told to map no address to the machine, and to forward no port", () => {
  const { tools } = findHostTools();
  if (tools === undefined) return;
  for (const root of [true, false]) {
    const words = pastaCommand({ ...tools, root, network: "/usr/bin/pasta" }, 17).join(" ");
    expect(words).toContain("--no-map-gw -t none -u none -T none -U none");
    expect(words.includes("--userns /proc/17/ns/user --netns /proc/17/ns/net")).toBe(!root);
    expect(words.includes("--runas 0")).toBe(root);
  }
});

/** A name that a command looks up, and the address that this machine's resolver gives for it. */
const [NAME, ANSWER, RESOLVER_HERE] = ["name.layerwright.test", "203.0.113.9", "127.0.0.77"] as const;

/** Answers every question about an IPv4 address with one (RFC 1035), and others with nothing. */
async function resolve(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("message", (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 5;
    const isAddress = query.readUInt16BE(end - 4) === 1;
    const head = Buffer.from([query[0]!, query[1]!, 0x81, 0x80, 0, 1, 0, isAddress ? 1 : 0, 0, 0, 0, 0]);
    const answer = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, ...ANSWER.split(".").map(Number)];
    const parts = [head, query.subarray(12, end), Buffer.from(isAddress ? answer : [])];
    socket.send(Buffer.concat(parts), port, address);
  });
  await new Promise<void>((bound) => socket.bind(53, RESOLVER_HERE, bound));
  return socket;
}

/** A program of the same name that runs one on a machine whose resolver is ours. */
function withResolver(program: string): string {
  const folder = mkdtempSync(join(work, "program-"));
  const file = join(folder, "resolv.conf");
  writeFileSync(file, `nameserver ${RESOLVER_HERE}\n`);
  const path = join(folder, basename(program));
  const inside = `mount --bind ${file} /etc/resolv.conf && exec ${program} "$@"`;
  writeFileSync(path, `#!/bin/sh\nexec unshare --mount sh -c '${inside}' sh "$@"\n`, { mode: 0o755 });
  return path;
}

test.skipIf(missing !== undefined || noTunnel).each([
  { name: "runc", program: "slirp4netns" },
  { name: "crun", program: "slirp4netns" },
  { name: "runc", program: "pasta" },
] as const)(
  "S4: a command under $name has a network of its own by $program, with names, and the machine's loopback is not in it",
  { timeout: 120_000 },
  async ({ name, program }) => {
    const { tools } = withRuntime(name);
    const path = join("/usr/bin", program);
    if (tools === undefined || !existsSync(path) || outside === undefined) {
      if (process.env["CI"]) throw new Error(`install ${name} and ${program}`);
      return;
    }
    const [inside, there] = [await serve("127.0.0.1"), await serve(outside)];
    const addresses = {
      loopback: `127.0.0.1 ${inside}`,
      gateway: `10.0.2.2 ${inside}`,
      itself: `10.0.2.100 ${inside}`,
      resolver: `10.0.2.3 ${inside}`,
      outside: `${outside} ${there}`,
    };
    const folder = join(work, `${name} ${program}`);
    mkdirSync(folder);
    const find = () => ({ tools: { ...tools, network: path } });
    const named = () => ({ tools: { ...tools, network: withResolver(path) } });
    const sandbox = new RuncSandbox({ folder, find });
    const without = new RuncSandbox({
      folder: join(folder, "without"),
      find: () => ({ tools: { ...tools, network: undefined } }),
    });
    const resolving = new RuncSandbox({ folder: join(folder, "resolving"), find: named });
    const resolver = process.geteuid?.() === 0 ? await resolve() : undefined;
    try {
      expect(await reached(sandbox, "default", addresses)).toEqual({ names: ["outside"], warnings: [] });
      expect(await reached(sandbox, "none", addresses)).toEqual({ names: [], warnings: [] });
      const host = { names: ["loopback", "outside"], warnings: [] };
      expect(await reached(sandbox, "host", addresses)).toEqual(host);
      const first = await reached(without, "default", addresses);
      expect(first.names).toEqual(host.names);
      expect(first.warnings).toEqual([expect.stringContaining("this machine's network")]);
      expect(await reached(without, "default", addresses)).toEqual(host);
      // Only root can have another resolver for a program alone.
      if (resolver !== undefined)
        expect(await reached(resolving, "default", addresses)).toEqual({
          names: ["name", "outside"],
          warnings: [],
        });
    } finally {
      resolver?.close();
      await sandbox.close();
      await without.close();
      await resolving.close();
    }
  },
);

test.skipIf(missing !== undefined).each(["slirp4netns", "pasta"])(
  "S4: a %s that gives no network is told, and not waited for",
  async (program) => {
    const search = withRuntime("runc");
    if (search.tools === undefined) return;
    const folder = join(work, `no ${program}`);
    mkdirSync(folder);
    const network = join(folder, program);
    writeFileSync(network, "#!/bin/sh\necho it cannot >&2\nexit 1\n", { mode: 0o755 });
    const tools = { ...search.tools, network };
    const sandbox = new RuncSandbox({ folder, find: () => ({ tools }) });
    try {
      expect(await sandbox.isFirstOnHostNetwork()).toBe(true);
      expect(await sandbox.isFirstOnHostNetwork()).toBe(false);
    } finally {
      await sandbox.close();
    }
    expect(JSON.parse(readFileSync(join(folder, "roots/probe.json"), "utf8"))).toMatchObject({
      privateNetwork: false,
    });
  },
);
