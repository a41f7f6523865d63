/** Gives commands their secrets. What it gives is never stored, shown or hashed. */
export interface SecretSource {
  /** The bytes of a secret; undefined when nobody passed one of this id. */
  secret(id: string): Promise<Uint8Array | undefined>;
  /** The path of an SSH agent's socket; undefined when none was passed. */
  agent(id: string): string | undefined;
}
