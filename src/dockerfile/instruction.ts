import type { HealthcheckConfig } from "../oci/image-config.js";

/** Flags that COPY and ADD share. */
export interface CopyFlags {
  /** A stage or a named context. */
  readonly from?: string;
  readonly link?: boolean;
  /** Octal digits, or symbolic clauses (front end 1.14). */
  readonly chmod?: string;
  readonly chown?: string;
  /** Patterns relative to the source (front end 1.19). */
  readonly exclude?: readonly string[];
}

/** One instruction as data. Strings are raw values: every escape is the printer's. */
export type Instruction =
  | { readonly kind: "comment"; readonly text: string }
  /** A base may hold `${NAME}`, which the builder replaces. */
  | { readonly kind: "from"; readonly base: string; readonly as: string }
  /** A variable that the builder sets, before the first stage. */
  | { readonly kind: "arg"; readonly name: string }
  | {
      readonly kind: "copy";
      readonly flags: CopyFlags;
      /** Patterns in Go's grammar. */
      readonly sources: readonly string[];
      readonly dest: string;
    }
  | { readonly kind: "copy-text"; readonly flags: CopyFlags; readonly text: string; readonly dest: string }
  | {
      readonly kind: "add";
      readonly flags: CopyFlags;
      readonly checksum?: string;
      readonly source: string;
      readonly dest: string;
    }
  | { readonly kind: "run"; readonly flags: readonly string[]; readonly command: RunCommand }
  | {
      readonly kind: "env" | "label";
      readonly pairs: readonly { readonly name: string; readonly value: string }[];
    }
  | { readonly kind: "expose"; readonly ports: readonly string[] }
  | { readonly kind: "workdir" | "user" | "stopsignal"; readonly value: string }
  | { readonly kind: "volume"; readonly paths: readonly string[] }
  | { readonly kind: "shell" | "entrypoint" | "cmd"; readonly args: readonly string[] }
  | { readonly kind: "healthcheck"; readonly check: HealthcheckConfig };

/** How a RUN is written: as it stands, as a here-document that the shell gets, or as JSON. */
export type RunCommand =
  | { readonly form: "line"; readonly text: string }
  | { readonly form: "heredoc"; readonly text: string }
  | { readonly form: "exec"; readonly args: readonly string[] };
