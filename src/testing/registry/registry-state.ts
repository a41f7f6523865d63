import type { Content } from "./content.js";

/** A manifest or an index as it was put. */
export interface StoredManifest {
  readonly digest: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  readonly document: Readonly<Record<string, unknown>>;
}

/** What one repository holds. Its blobs are its own: another repository has them only by a mount or a push. */
export class RepositoryState {
  readonly blobs = new Map<string, Content>();
  readonly manifests = new Map<string, StoredManifest>();
  readonly tags = new Map<string, string>();
  /** What has come of uploads that were neither finished nor cancelled, by their ids. */
  readonly uploads = new Map<string, Content>();

  /** What a tag or digest names. */
  manifest(reference: string): StoredManifest | undefined {
    return this.manifests.get(this.tags.get(reference) ?? reference);
  }
}

export class RegistryState {
  readonly #repositories = new Map<string, RepositoryState>();

  /** The repository, if something was ever put into it. */
  find(name: string): RepositoryState | undefined {
    const found = this.#repositories.get(name);
    return found !== undefined && found.blobs.size + found.manifests.size > 0 ? found : undefined;
  }

  /** The repository, made where there is none: pushing to it is what makes one. */
  open(name: string): RepositoryState {
    const found = this.#repositories.get(name) ?? new RepositoryState();
    this.#repositories.set(name, found);
    return found;
  }

  names(): string[] {
    return [...this.#repositories.keys()].filter((name) => this.find(name) !== undefined);
  }
}
