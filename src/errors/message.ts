/** What an entry of the catalogue gives: what failed and what was found, then what to do. Lower case, no period at the end. */
export interface Message {
  readonly message: string;
  readonly hint: string;
}

/** One area of the catalogue: a message maker a code. */
export type MessageArea = Readonly<Record<string, (parameters: never) => Message>>;
