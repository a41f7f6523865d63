import { readFileSync } from "node:fs";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { SecretSource } from "../../ports/sandbox.js";

/** The source of a secret: a file, a variable of this process, or the bytes themselves. */
export type SecretPlace = { readonly file: string } | { readonly env: string } | Uint8Array;

/** Secrets of this machine. Read when a command needs them, so that one that is not used is never in memory. */
export class NodeSecrets implements SecretSource {
  readonly #places: Readonly<Record<string, SecretPlace>>;
  readonly #agents: Readonly<Record<string, string>>;

  constructor(places: Readonly<Record<string, SecretPlace>>, agents: Readonly<Record<string, string>>) {
    this.#places = places;
    this.#agents = agents;
  }

  async secret(id: string): Promise<Uint8Array | undefined> {
    const place = Object.hasOwn(this.#places, id) ? this.#places[id] : undefined;
    if (place === undefined || place instanceof Uint8Array) return place;
    if ("env" in place) {
      const value = process.env[place.env];
      if (value !== undefined) return Buffer.from(value);
      throw unreadable(id, `the variable ${place.env} is not set`);
    }
    try {
      return readFileSync(place.file);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      throw unreadable(id, `${place.file}: ${reason}`, error);
    }
  }

  agent(id: string): string | undefined {
    return Object.hasOwn(this.#agents, id) ? this.#agents[id] : undefined;
  }
}

function unreadable(id: string, reason: string, cause?: unknown): EnvironmentError<"SECRET_UNREADABLE"> {
  return new EnvironmentError("SECRET_UNREADABLE", { id, reason }, { subject: id, cause });
}
