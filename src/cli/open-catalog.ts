import { resolve } from "node:path";
import { findApp } from "./load/find-app.js";
import { loadCatalog } from "./load/load-catalog.js";
import type { LoadedCatalog } from "./load/loaded-catalog.js";
import type { Session } from "./session.js";

/** The images that a command works on, and the folder that their sources are relative to. */
export interface OpenCatalog extends LoadedCatalog {
  /** The user's file as messages name it. */
  readonly shown: string;
  /** The context folder, absolute. */
  readonly context: string;
}

/** Finds the user's file, runs it, and takes the images that were asked for. */
export async function openCatalog(
  session: Session,
  names: readonly string[],
  platforms?: readonly string[],
): Promise<OpenCatalog> {
  const { options, shell, signal } = session;
  const app = findApp(options.app);
  const context = options.context === undefined ? app.folder : resolve(options.context);
  shell.folder = context;
  const { entry, shown } = app;
  const request = { entry, shown, context, names, ...(platforms === undefined ? {} : { platforms }) };
  return { ...(await loadCatalog(request, signal)), shown, context };
}
