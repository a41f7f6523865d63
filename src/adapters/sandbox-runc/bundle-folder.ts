import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";

/**
 * The folder of one command. Layers have short names in it, as links: the kernel takes one page of options for a
 * mount, and a root file system may be laid together from hundreds of layers.
 */
export class BundleFolder {
  readonly path: string;
  /** The folder that the names of `link` count from. */
  readonly links: string;
  /** A folder that the script mounts in memory for itself: nothing in it is ever on a disk, and it goes with the script. */
  readonly memory: string;
  readonly #names = new Map<string, string>();

  constructor(path: string) {
    this.path = path;
    this.links = this.make("l");
    this.memory = this.make("memory");
  }

  /** A new empty folder in it. */
  make(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path);
    // Whatever the umask is: commands of any user look into it.
    chmodSync(path, 0o755);
    return path;
  }

  /** A short name for a folder, counted from `links`. */
  link(folder: string): string {
    const known = this.#names.get(folder);
    if (known !== undefined) return known;
    const name = this.#names.size.toString(36);
    symlinkSync(folder, join(this.links, name));
    this.#names.set(folder, name);
    return name;
  }

  /** Where an overlay puts what is written to it: a folder for changes, made here unless given, and one for itself. */
  writable(name: string, upper: string = this.make(`upper${name}`)): { upper: string; work: string } {
    return { upper: this.link(upper), work: this.link(this.make(`work${name}`)) };
  }
}
