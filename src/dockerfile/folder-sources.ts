import type { Emission, Section } from "./emission.js";
import type { Instruction } from "./instruction.js";

/** Where an empty folder of some name can be copied from: the folder that holds just it. */
export interface FolderSource {
  readonly from?: string;
  readonly path: string;
}

/**
 * Empty folders to copy from. A folder gets any mode and owner when it is copied inside of its parent; copied by
 * itself it would only be a new destination, whose mode differs between BuildKit's versions (measured). BuildKit
 * takes them from a stage that WORKDIR makes; buildah's WORKDIR makes nothing there, so classic has them on disk.
 */
export class FolderSources {
  readonly #emission: Emission;
  readonly #numbers = new Map<string, number>();
  #stage: string | undefined;

  constructor(emission: Emission) {
    this.#emission = emission;
  }

  /** The folder that holds just an empty folder of this name. */
  holding(name: string): FolderSource {
    const emission = this.#emission;
    // WORKDIR would expand or trim a name that is not plain.
    if (!emission.dialect.workdirMakesFolder || !/^[A-Za-z0-9_.@+-]+$/.test(name)) {
      return emission.generatedSource(emission.files.folder(name));
    }
    this.#stage ??= emission.names.unique("directories");
    let number = this.#numbers.get(name);
    if (number === undefined) {
      number = this.#numbers.size + 1;
      this.#numbers.set(name, number);
    }
    return { from: this.#stage, path: `/${number}` };
  }

  /** The stage that makes them, if there is need for it. */
  section(): Section | undefined {
    if (this.#stage === undefined) return undefined;
    const instructions: Instruction[] = [{ kind: "from", base: "scratch", as: this.#stage }];
    for (const [name, number] of this.#numbers)
      instructions.push({ kind: "workdir", value: `/${number}/${name}` });
    return { name: this.#stage, instructions };
  }
}
