import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { Base, Image } from "layerwright";
import { afterAll, beforeAll, expect, test } from "vitest";
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
      `printf 'GET / HTTP/1.0\\r\\n\\r\\n' | busybox nc -w 5 ${address} | grep -q hello && : > /reached/${name}`,
  );
  const command = ["mkdir /reached", ...asks, "cp /etc/resolv.conf /resolver"].join("\n");
  const image = Image.from(Base.rootfs(join(BASES, "rootfs.tar"))).run(command, { network });
  const { listing } = await buildIn(image, { sandbox, context: folder, work: folder, progress });
  const names = [...listing.rootfs.keys()].filter((path) => path.startsWith("reached/"));
  return { names: names.map((path) => path.slice("reached/".length)).sort(), warnings };
}

/** Nothing that can be installed: a container has the device of its machine, or has not. */
const noTunnel = !existsSync("/dev/net/tun");

test.skipIf(missing !== undefined || noTunnel).each(["runc", "crun"] as const)(
  "S4: a command under %s has a network of its own, and the machine's loopback is not in it",
  { timeout: 120_000 },
  async (name) => {
    const search = withRuntime(name);
    const { tools } = search;
    if (tools?.network === undefined || outside === undefined) {
      if (process.env["CI"]) throw new Error(`install ${name} and slirp4netns`);
      return;
    }
    const [inside, there] = [await serve("127.0.0.1"), await serve(outside)];
    const addresses = {
      loopback: `127.0.0.1 ${inside}`,
      gateway: `10.0.2.2 ${inside}`,
      outside: `${outside} ${there}`,
    };
    const folder = join(work, name);
    mkdirSync(folder);
    const sandbox = new RuncSandbox({ folder, find: () => search });
    const without = new RuncSandbox({
      folder: join(folder, "without"),
      find: () => ({ tools: { ...tools, network: undefined } }),
    });
    try {
      expect(await reached(sandbox, "default", addresses)).toEqual({ names: ["outside"], warnings: [] });
      expect(await reached(sandbox, "none", addresses)).toEqual({ names: [], warnings: [] });
      const host = { names: ["loopback", "outside"], warnings: [] };
      expect(await reached(sandbox, "host", addresses)).toEqual(host);
      const first = await reached(without, "default", addresses);
      expect(first.names).toEqual(host.names);
      expect(first.warnings).toEqual([expect.stringContaining("this machine's network")]);
      expect(await reached(without, "default", addresses)).toEqual(host);
    } finally {
      await sandbox.close();
      await without.close();
    }
  },
);

test.skipIf(missing !== undefined)(
  "S4: a program that gives no network is told, and not waited for",
  async () => {
    const search = withRuntime("runc");
    if (search.tools === undefined) return;
    const tools = { ...search.tools, network: "/bin/false" };
    const folder = join(work, "false");
    mkdirSync(folder);
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
