import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isSignal, parsePorts, signalNames } from "../../src/oci/image-config.js";

describe("ports", () => {
  const port = fc.integer({ min: 1, max: 65535 });
  const protocol = fc.constantFrom("tcp", "udp", "sctp");

  it("are spelled out and read again as themselves", () => {
    fc.assert(
      fc.property(port, fc.nat(50), protocol, (first, more, over) => {
        const last = Math.min(65535, first + more);
        const parsed = parsePorts(`${first}-${last}/${over}`);
        const ports = "ports" in parsed ? parsed.ports : [];
        expect(ports).toHaveLength(last - first + 1);
        for (const one of ports) expect(parsePorts(one)).toEqual({ ports: [one] });
      }),
    );
  });

  it.each([0, 65536, 1.5, -1, "", "80/", "80/TCP", "x", "80-", "-80", "9-8", "80 ", "1e2", null, {}])(
    "%j is none",
    (value) => expect(parsePorts(value)).toHaveProperty("reason"),
  );
});

describe("signals", () => {
  it.each([...signalNames, "1", "64", "SIGRTMIN", "SIGRTMIN+15", "SIGRTMAX-14"])("%s is one", (text) =>
    expect(isSignal(text)).toBe(true),
  );

  it.each(["0", "65", "", "TERM", "sigterm", "SIGFOO", "SIGRTMIN+16", "SIGRTMAX+1", "SIGRTMAX-15", "01"])(
    "%j is none",
    (text) => expect(isSignal(text)).toBe(false),
  );
});
