import { archiveMessages, baseMessages } from "./catalogue/base.js";
import { engineMessages, runMessages } from "./catalogue/build.js";
import { cliMessages, differenceMessages, reportMessages, selectionMessages } from "./catalogue/cli.js";
import { contextMessages } from "./catalogue/context.js";
import { descriptionMessages, platformMessages } from "./catalogue/description.js";
import { lockMessages } from "./catalogue/lock.js";
import { outputMessages, storeMessages, transferMessages } from "./catalogue/output.js";
import { dockerfileMessages, planMessages } from "./catalogue/plan.js";
import { policyMessages, sharingMessages } from "./catalogue/policy.js";
import { credentialsMessages, registryMessages } from "./catalogue/registry.js";

/** Every coded message of the project, one area a file. A code is a line in docs/errors.md and has a test. */
export const catalogue = {
  ...differenceMessages,
  ...policyMessages,
  ...reportMessages,
  ...selectionMessages,
  ...sharingMessages,
  ...archiveMessages,
  ...baseMessages,
  ...cliMessages,
  ...contextMessages,
  ...credentialsMessages,
  ...descriptionMessages,
  ...dockerfileMessages,
  ...engineMessages,
  ...lockMessages,
  ...outputMessages,
  ...planMessages,
  ...platformMessages,
  ...registryMessages,
  ...runMessages,
  ...storeMessages,
  ...transferMessages,
} satisfies Readonly<Record<string, (parameters: never) => Message>>;

/** An entry's text: what failed and what was found, then what to do. Lower case, no period at the end. */
export interface Message {
  readonly message: string;
  readonly hint: string;
}

/** The code of an error, in words. */
export type ErrorCode = keyof typeof catalogue;

/** The parameters of a code's message. */
export type ErrorParameters<Code extends ErrorCode> = Parameters<(typeof catalogue)[Code]>[0];
