import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { cleanUp, leftovers, type ManagerName } from "../../src/recipes/leftovers.js";

const managers = Object.keys(leftovers) as ManagerName[];

describe.each(managers)("the clean-up of %s", (manager) => {
  it("is a command that a shell can read", () => {
    execFileSync("/bin/sh", ["-n", "-c", cleanUp(manager)]);
    expect(cleanUp(manager)).not.toBe("");
  });

  it("touches nothing that is mounted", () => {
    const mounted = leftovers[manager].mounts;
    const command = cleanUp(manager, { mounted });
    for (const target of mounted) expect(`${command} `).not.toMatch(new RegExp(`${target}[ /]`));
    if ("clear" in leftovers[manager]) expect(command).not.toContain(leftovers[manager].clear);
  });

  it("keeps what it is told to keep", () => {
    const command = cleanUp(manager, { keepCache: true, keepLogs: true });
    const { cache, ...rest } = leftovers[manager];
    for (const word of [...cache, ...("logs" in rest ? rest.logs : [])]) expect(command).not.toContain(word);
  });
});

describe("cleanUp", () => {
  it("leaves a folder that holds a mount, and what lies in a mount", () => {
    expect(cleanUp("dnf", { mounted: ["/var/cache/dnf/repo"] })).not.toMatch(/\/var\/cache\/dnf[ ;]/);
    expect(cleanUp("apt", { mounted: ["/var/cache"] })).toMatch(
      /^rm -rf \/var\/lib\/apt\/lists\/\* \/var\/cache\/debconf/,
    );
    expect(cleanUp("npm", { mounted: ["/home/node/.npm"] })).toBe("rm -rf /tmp/node-compile-cache");
    expect(cleanUp("npm", { mounted: ["/srv"] })).toContain("npm config get cache");
  });
});
