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
    summary: "start a catalog in a folder",
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
    summary: "say what the policies find in the images",
    load: () => import("./commands/check.js"),
  },
  {
    name: "push",
    summary: "build the images and push them to a registry",
    load: () => import("./commands/push.js"),
  },
  {
    name: "pull",
    summary: "get an image out of a registry",
    load: () => import("./commands/pull.js"),
  },
  {
    name: "copy",
    summary: "copy an image from one repository to another",
    load: () => import("./commands/copy.js"),
  },
  {
    name: "lock",
    summary: "write by digest what the images take from outside",
    load: () => import("./commands/lock.js"),
  },
  {
    name: "load",
    summary: "load the images into Docker or Podman",
    load: () => import("./commands/load.js"),
  },
  {
    name: "rebase",
    summary: "put an image of a registry on a newer base, without a build",
    load: () => import("./commands/rebase.js"),
  },
  {
    name: "share",
    summary: "say what images share, and what a squash would cost",
    load: () => import("./commands/share.js"),
  },
  {
    name: "inspect",
    summary: "show the layers and files of an image on disk",
    load: () => import("./commands/inspect.js"),
  },
  {
    name: "explain",
    summary: "say what each step became, and what each pass did",
    load: () => import("./commands/explain.js"),
  },
  {
    name: "waste",
    summary: "say what images hold that nobody needs, and the lines that wrote it",
    load: () => import("./commands/waste.js"),
  },
  {
    name: "diff",
    summary: "show what changed since the last build, or between two images",
    load: () => import("./commands/diff.js"),
  },
  {
    name: "report",
    summary: "write one page about the images: sharing, files, waste, history",
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
    summary: "list or prune the store of layers",
    load: () => import("./commands/cache.js"),
  },
];
