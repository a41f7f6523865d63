/** A transport protocol of a port (image-spec config.md, ExposedPorts). */
const PROTOCOLS = ["tcp", "udp", "sctp"];
const GRAMMAR = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(.*))?$/s;

/** Ports spelled out (`80/tcp`), or the reason why the text names none. */
export type ParsedPorts = { readonly ports: readonly string[] } | { readonly reason: string };

/** Reads `80`, `80/tcp`, `53/udp` or `8000-8003`; a range is ascending, a port is 1 to 65535. */
export function parsePorts(value: unknown): ParsedPorts {
  if (typeof value !== "string" && typeof value !== "number") {
    return { reason: "it is neither a number nor a string" };
  }
  if (typeof value === "number" && !Number.isInteger(value)) return { reason: "it is not an integer" };
  const parts = GRAMMAR.exec(String(value));
  if (parts === null) return { reason: "it is neither a port nor a range of ports" };
  const [, from = "", to = from, protocol = "tcp"] = parts;
  const first = Number(from);
  const last = Number(to);
  if (!PROTOCOLS.includes(protocol)) return { reason: `the protocol is not ${PROTOCOLS.join(", ")}` };
  if (first < 1 || last < 1 || first > 65535 || last > 65535) return { reason: "a port is 1 to 65535" };
  if (last < first) return { reason: "the range runs backwards" };
  const ports = Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
  return { ports };
}
