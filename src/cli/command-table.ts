import type { Command } from "commander";
import type { Shell } from "./session.js";

/** A command before its module is loaded. */
interface CommandEntry {
  readonly name: string;
  readonly alias?: string;
  readonly summary: string;
  /** Adds options, operands, examples and the action. */
  load(): Promise<{ define(command: Command, shell: Shell): void }>;
}

/** Every command, in the order of the help. A module is loaded when its command is called: start-up is felt each time. */
export const commandTable: readonly CommandEntry[] = [
  {
    name: "init",
    summary: "start a catalog in a directory",
    load: () => import("./commands/init.js"),
  },
  {
    name: "ls",
    alias: "list",
    summary: "list the images of the catalog",
    load: () => import("./commands/ls.js"),
  },
  {
    name: "synth",
    alias: "synthesize",
    summary: "write the optimized Dockerfiles",
    load: () => import("./commands/synth.js"),
  },
  {
    name: "build",
    summary: "build the images, without a daemon",
    load: () => import("./commands/build.js"),
  },
  {
    name: "check",
    summary: "check the images against the policies",
    load: () => import("./commands/check.js"),
  },
  {
    name: "push",
    summary: "build the images and push them to a registry",
    load: () => import("./commands/push.js"),
  },
  {
    name: "pull",
    summary: "pull an image from a registry",
    load: () => import("./commands/pull.js"),
  },
  {
    name: "copy",
    summary: "copy an image from one repository to another",
    load: () => import("./commands/copy.js"),
  },
  {
    name: "lock",
    summary: "pin bases, URLs and tools by digest in the lock",
    load: () => import("./commands/lock.js"),
  },
  {
    name: "load",
    summary: "load the images into Docker or Podman",
    load: () => import("./commands/load.js"),
  },
  {
    name: "rebase",
    summary: "move an image in a registry to a newer base, without a build",
    load: () => import("./commands/rebase.js"),
  },
  {
    name: "share",
    summary: "show what images share, and what a squash would cost",
    load: () => import("./commands/share.js"),
  },
  {
    name: "inspect",
    summary: "show the layers and files of an image on disk",
    load: () => import("./commands/inspect.js"),
  },
  {
    name: "explain",
    summary: "explain what each step became, and what each pass did",
    load: () => import("./commands/explain.js"),
  },
  {
    name: "waste",
    summary: "show the bytes that no image needs, and the lines that added them",
    load: () => import("./commands/waste.js"),
  },
  {
    name: "diff",
    summary: "show what changed since the last build, or between two images",
    load: () => import("./commands/diff.js"),
  },
  {
    name: "report",
    summary: "write an HTML page about the images: sharing, files, waste, history",
    load: () => import("./commands/report.js"),
  },
  {
    name: "login",
    summary: "log in to a registry",
    load: () => import("./commands/login.js"),
  },
  {
    name: "logout",
    summary: "log out of a registry",
    load: () => import("./commands/logout.js"),
  },
  {
    name: "doctor",
    summary: "check this machine and project",
    load: () => import("./commands/doctor.js"),
  },
  {
    name: "cache",
    summary: "list or prune the layer store",
    load: () => import("./commands/cache.js"),
  },
];
