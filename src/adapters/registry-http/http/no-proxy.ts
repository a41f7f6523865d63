import { BlockList, isIP } from "node:net";

/**
 * Reads `NO_PROXY`: hosts, `.suffix` and `*.suffix`, `host:port`, addresses, CIDR blocks, `*`. An IPv4 address counts in
 * its IPv6 form too. A plain host name covers its subdomains, as curl and Go have it.
 */
export function noProxy(list: string): (url: URL) => boolean {
  const rules = list
    .split(/[\s,]+/)
    .filter((text) => text !== "")
    .map(ruleOf);
  return (url) => rules.some((rule) => rule(hostOf(url), portOf(url)));
}

type Rule = (host: string, port: string) => boolean;

function ruleOf(text: string): Rule {
  if (text === "*") return () => true;
  const block = /^(.+)\/(\d{1,3})$/.exec(text);
  if (block !== null) return blockRule(block[1]!, Number(block[2]));
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(text);
  const withPort = bracketed === null && isIP(text) === 0 ? /^(.*):(\d+)$/.exec(text) : null;
  const wanted = (bracketed?.[1] ?? withPort?.[1] ?? text).toLowerCase().replace(/(?<=.)\.$/, "");
  const wantedPort = bracketed?.[2] ?? withPort?.[2];
  const portFits = (port: string): boolean => wantedPort === undefined || wantedPort === port;
  if (isIP(wanted) !== 0) {
    const same = blockRule(wanted, isIP(wanted) === 6 ? 128 : 32);
    return (host, port) => portFits(port) && same(host, port);
  }
  const suffix = wanted.replace(/^\*?\./, "");
  const below = (host: string): boolean => host.endsWith(`.${suffix}`);
  const exact = wanted === suffix;
  return (host, port) => portFits(port) && (below(host) || (exact && host === suffix));
}

function blockRule(network: string, prefix: number): Rule {
  const list = new BlockList();
  const family = isIP(network);
  if (family === 0 || prefix > (family === 6 ? 128 : 32)) return () => false;
  list.addSubnet(network, prefix, family === 6 ? "ipv6" : "ipv4");
  return (host) => {
    const kind = isIP(host);
    return kind !== 0 && list.check(host, kind === 6 ? "ipv6" : "ipv4");
  };
}

function hostOf(url: URL): string {
  const host = url.hostname.toLowerCase().replace(/\.$/, "");
  return host.startsWith("[") ? unmapped(host.slice(1, -1)) : host;
}

/** `::ffff:7f00:1` is 127.0.0.1 on the wire, so a rule about that holds for it. */
function unmapped(address: string): string {
  const parts = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/i.exec(address);
  if (parts === null) return address;
  const [high, low] = [Number.parseInt(parts[1]!, 16), Number.parseInt(parts[2]!, 16)];
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

function portOf(url: URL): string {
  return url.port === "" ? (url.protocol === "https:" ? "443" : "80") : url.port;
}
