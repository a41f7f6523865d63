import { type Command, Option } from "commander";
import type { ObservedImage } from "../analyze/observed-image.js";
import { diskPath } from "../project/observe.js";
import type { Workspace } from "../project/workspace.js";
import { addMakeFlags, type BuildFlags, checkBuildOptions } from "./build-flags.js";
import { type OpenCatalog, openCatalog } from "./open-catalog.js";
import { withProgress } from "./progress.js";
import type { Session } from "./session.js";

/** What a command looks at: an image of the catalog, or one that lies somewhere. */
type ImageOperand =
  | { readonly kind: "catalog"; readonly pattern: string }
  | { readonly kind: "disk"; readonly path: string }
  | { readonly kind: "registry"; readonly reference: string };

/** The images that a command looks at. */
export interface Observed {
  /** Those of the catalog, in its order, then those that were found, as they were named. */
  readonly images: readonly ObservedImage[];
  /** The images that an operand stands for. */
  imagesOf(operand: string): readonly ObservedImage[];
  /** Undefined where no operand was a name of the catalog. */
  readonly catalog: OpenCatalog | undefined;
  readonly workspace: Workspace;
}

/** Adds the options of a command that looks at images: how those of the catalog are made, and for which platform. */
export function addObserveFlags(command: Command): void {
  addMakeFlags(command);
  command.addOption(
    new Option(
      "--platform <platform>",
      "one platform of the catalog (default: this machine's, or the first)",
    ),
  );
}

/**
 * A path begins with `/` or `.`, ends as an archive, or is that of a file or layout which is there; a directory of
 * sources may be called as an image is, `api/server`. A reference has a tag, a digest or a registry; all else is a name, a pattern or
 * a group.
 */
export function readOperand(operand: string): ImageOperand {
  if (operand.startsWith("@")) return { kind: "catalog", pattern: operand };
  const path = diskPath(operand);
  if (path !== undefined) return { kind: "disk", path };
  const host = operand.includes("/") && /[.:]|^localhost$/.test(operand.slice(0, operand.indexOf("/")));
  if (/[:@]/.test(operand) || host) return { kind: "registry", reference: operand };
  return { kind: "catalog", pattern: operand };
}

/**
 * Gets the images that a command looks at: those of the catalog are built into the store, where what did not change is
 * at hand; archives and layouts are opened where they lie; of registries only what is asked for is fetched.
 *
 * @param operands names or patterns of the catalog, paths, references; none: the whole catalog
 */
export async function withOperands<Result>(
  session: Session,
  operands: readonly string[],
  flags: BuildFlags,
  use: (observed: Observed) => Promise<Result>,
): Promise<Result> {
  const read = operands.map((text) => ({ text, operand: readOperand(text) }));
  const patterns = read.flatMap(({ operand }) => (operand.kind === "catalog" ? [operand.pattern] : []));
  const found = read.flatMap(({ text, operand }) => (operand.kind === "catalog" ? [] : [{ text, operand }]));
  const { common, platforms } = await checkBuildOptions(flags, false);
  const fromCatalog = patterns.length > 0 || operands.length === 0;
  const catalog = fromCatalog ? await openCatalog(session, patterns, platforms) : undefined;
  const { withFoundImages } = await import("../project/observe.js");
  const { withObservedProject } = await import("../project/observe-project.js");
  const { selectNames } = await import("./select-names.js");
  return withProgress(session, (progress) => {
    const settings = { ...common, signal: session.signal, ...(progress && { progress }) };
    const context = catalog?.context ?? process.cwd();
    const platform = platforms?.[0];
    const places = found.map(({ operand }) => operand);
    const foundSettings = { ...settings, context, ...(platform === undefined ? {} : { platform }) };
    return withFoundImages(places, foundSettings, (foundImages, opened) => {
      const useWith = (built: readonly ObservedImage[], workspace: Workspace) => {
        const names = built.map(({ name }) => name);
        const imagesOf = (operand: string) => {
          const at = found.findIndex(({ text }) => text === operand);
          if (at !== -1) return [foundImages[at]!];
          const chosen = new Set(selectNames({ names, groups: catalog?.groups ?? {} }, [operand]));
          return built.filter(({ name }) => chosen.has(name));
        };
        return use({ images: [...built, ...foundImages], imagesOf, catalog, workspace });
      };
      return catalog === undefined ? useWith([], opened) : withObservedProject(catalog, settings, useWith);
    });
  });
}
