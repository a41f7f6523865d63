import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Catalog, type Image, isCatalog, isImage } from "layerwright";
import { caseImage, goldenCases } from "../golden/golden-cases.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** An image with the folder it is built in: what the harness is given. */
export interface Subject {
  readonly name: string;
  readonly image: Image;
  /** A copy of the case's or example's folder, so that what is written leaves the repository alone. */
  readonly context: string;
}

/** Copies of the golden cases and examples, side by side as in the repository, so that `../` means the same. */
export class Workspace {
  readonly folder = mkdtempSync(join(tmpdir(), "layerwright-equivalence-"));

  constructor() {
    for (const part of ["test/golden", "examples"]) {
      mkdirSync(join(this.folder, part), { recursive: true });
      if (existsSync(join(root, part))) {
        cpSync(join(root, part), join(this.folder, part), { recursive: true, verbatimSymlinks: true });
      }
    }
    for (const part of ["test/fixtures", "node_modules"]) {
      symlinkSync(join(root, part), join(this.folder, part));
    }
  }

  async goldenSubjects(): Promise<Subject[]> {
    const subjects: Subject[] = [];
    for (const name of goldenCases()) {
      const context = join(this.folder, "test/golden", name);
      subjects.push({ name, image: await caseImage(name), context });
    }
    return subjects;
  }

  /** Every image of every example that is a catalog. */
  async exampleSubjects(): Promise<Subject[]> {
    const subjects: Subject[] = [];
    for (const example of exampleFolders()) {
      const file = join(root, "examples", example, "catalog.ts");
      if (!existsSync(file)) continue;
      const module: { default?: unknown } = await import(pathToFileURL(file).href);
      const context = join(this.folder, "examples", example);
      for (const [name, image] of imagesOf(module.default)) {
        subjects.push({ name: `examples/${example} ${name}`, image, context });
      }
    }
    return subjects;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function imagesOf(exported: unknown): readonly (readonly [string, Image])[] {
  if (isCatalog(exported)) return [...(exported as Catalog)];
  return isImage(exported) ? [["image", exported]] : [];
}

/** The numbered examples, in order. */
export function exampleFolders(): readonly string[] {
  const folder = join(root, "examples");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => /^\d\d-/.test(name))
    .sort();
}
