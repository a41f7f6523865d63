import type { MessageArea } from "../message.js";

/** Images for several platforms. */
export const platformMessages = {
  PLATFORM_TWICE: (p: { call: string; first: string; second: string }) => ({
    message: `${p.call}: ${JSON.stringify(p.first)} and ${JSON.stringify(p.second)} are the same platform`,
    hint: "keep one of the two recipes",
  }),
  PLATFORM_RECIPE_INVALID: (p: { platform: string }) => ({
    message: `perPlatform: the recipe of ${JSON.stringify(p.platform)} does not return the image it was given with steps added`,
    hint: "inside perPlatform(), only add steps to the image that the recipe gets; base and squash policy are set outside",
  }),
  PLATFORM_NOT_GIVEN: (p: { platform: string; given: readonly string[] }) => ({
    message: `perPlatform: there are no steps for ${p.platform}, only for ${p.given.join(", ")}`,
    hint: `add a recipe for ${p.platform} or a default, or build another platform`,
  }),
  RUN_FOREIGN_PLATFORM: (p: { command: string; platform: string; machine: string }) => ({
    message: `the command ${JSON.stringify(p.command)} is for ${p.platform}, and this machine (${p.machine}) has no emulator that runs it`,
    hint: `install qemu-user-static with its binfmt entries (flag F), build --platform ${p.machine}, or make these files elsewhere and copy them`,
  }),
} satisfies MessageArea;
