import type { Command } from "commander";
import { readRegistry } from "../registry-operand.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";

/** `layerwright logout`: forgets the credential of a registry. */
export function define(command: Command, shell: Shell): void {
  command.argument("[registry]", "registry host (default: docker.io)");
  examples(command, ["layerwright logout", "layerwright logout ghcr.io"]);
  act(command, shell, run);
}

async function run(_: Session, [registry]: readonly string[]): Promise<Report> {
  const domain = readRegistry(registry);
  const { logout } = await import("../../api/registry.js");
  const result = await logout(domain);
  return {
    json: result,
    text: (paint) =>
      `${result.loggedOut ? "logged out of" : "was not logged in to"} ${paint.bold(domain)}\n` +
      result.elsewhere.map((file) => `${file} knows ${domain} too: podman logout ${domain}\n`).join(""),
  };
}
