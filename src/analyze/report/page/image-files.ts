import type { ReportData, ReportNode } from "../report-data.js";

/** A directory of an image with the files of all its layers, also those that a later layer hides. */
export interface ImageFolder {
  readonly name: string;
  /** Bytes of all that is in it. */
  readonly bytes: number;
  /** Of them, those that later layers hide. */
  readonly hiddenBytes: number;
  readonly folders: readonly ImageFolder[];
  readonly files: readonly ImageFile[];
}

/** A file as one layer has it. */
export interface ImageFile {
  readonly name: string;
  readonly bytes: number;
  /** Place in the image's layers. */
  readonly layer: number;
  /** Place in the report's lines. */
  readonly line?: number | undefined;
  /** Number of files, where they are too small to be listed. */
  readonly others?: number;
  /** The change by a later layer that makes its bytes useless. */
  readonly hidden?: "removed" | "replaced";
}

type FileDraft = { -readonly [Key in keyof ImageFile]: ImageFile[Key] };

interface FolderDraft {
  readonly name: string;
  readonly folders: Map<string, FolderDraft>;
  readonly files: FileDraft[];
}

/** The files of an image, or of one of its layers alone. */
export function imageFiles({ images, layers }: ReportData, image: number, only?: number): ImageFolder {
  const root = folder("");
  for (const [at, place] of images[image]!.layers.entries()) {
    const { files, line } = layers[place]!;
    lay(files, root, at, line);
  }
  return finish(root, only);
}

/** Lays the files of a layer over those of the layers below it. */
function lay(nodes: readonly ReportNode[], onto: FolderDraft, layer: number, line: number | undefined): void {
  for (const node of nodes) {
    if (node.length === 0) hideAll(onto, layer);
    if (node.length === 1) hide(onto, node[0], layer, "removed");
  }
  for (const node of nodes) {
    if (node.length < 2) continue;
    const [name, content, own = line] = node as readonly [
      string | number,
      number | readonly ReportNode[],
      number?,
    ];
    if (typeof content !== "number") {
      const known = onto.folders.get(String(name)) ?? folder(String(name));
      onto.folders.set(known.name, known);
      lay(content, known, layer, line);
    } else if (typeof name === "number") {
      onto.files.push({ name: "", bytes: content, layer, line, others: name });
    } else {
      hide(onto, name, layer, "replaced");
      onto.files.push({ name, bytes: content, layer, line: own });
    }
  }
}

function hide(parent: FolderDraft, name: string, layer: number, how: "removed" | "replaced"): void {
  for (const file of parent.files) {
    if (file.name === name && file.layer < layer && file.others === undefined) file.hidden ??= how;
  }
  const below = parent.folders.get(name);
  if (below !== undefined) hideAll(below, layer);
}

function hideAll(parent: FolderDraft, layer: number): void {
  for (const file of parent.files) if (file.layer < layer) file.hidden ??= "removed";
  for (const below of parent.folders.values()) hideAll(below, layer);
}

function finish({ name, folders, files }: FolderDraft, only: number | undefined): ImageFolder {
  const kept = files.filter(({ layer }) => only === undefined || layer === only);
  const finished = [...folders.values()].map((one) => finish(one, only)).filter(({ bytes }) => bytes > 0);
  const bytes = [...kept, ...finished].reduce((sum, one) => sum + one.bytes, 0);
  const gone = kept.reduce((sum, one) => sum + (one.hidden === undefined ? 0 : one.bytes), 0);
  const hiddenBytes = finished.reduce((sum, one) => sum + one.hiddenBytes, gone);
  const byBytes = (a: { bytes: number }, b: { bytes: number }) => b.bytes - a.bytes;
  return { name, bytes, hiddenBytes, folders: finished.sort(byBytes), files: kept.sort(byBytes) };
}

function folder(name: string): FolderDraft {
  return { name, folders: new Map(), files: [] };
}
