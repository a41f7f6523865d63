import { archiveMessages } from "./catalogue/archive.js";
import { baseMessages } from "./catalogue/base.js";
import { cliMessages } from "./catalogue/cli.js";
import { contextMessages } from "./catalogue/context.js";
import { credentialsMessages } from "./catalogue/credentials.js";
import { descriptionMessages } from "./catalogue/description.js";
import { differenceMessages } from "./catalogue/difference.js";
import { dockerfileMessages } from "./catalogue/dockerfile.js";
import { engineMessages } from "./catalogue/engine.js";
import { layeringMessages } from "./catalogue/layering.js";
import { lockMessages } from "./catalogue/lock.js";
import { outputMessages } from "./catalogue/output.js";
import { planMessages } from "./catalogue/plan.js";
import { platformMessages } from "./catalogue/platform.js";
import { policyMessages } from "./catalogue/policy.js";
import { registryMessages } from "./catalogue/registry.js";
import { reportMessages } from "./catalogue/report.js";
import { runMessages } from "./catalogue/run.js";
import { selectionMessages } from "./catalogue/selection.js";
import { sharingMessages } from "./catalogue/sharing.js";
import { storeMessages } from "./catalogue/store.js";
import { transferMessages } from "./catalogue/transfer.js";

/** Every coded message of the project, one area a file. A code is a line in docs/errors.md and has a test. */
export const catalogue = {
  ...differenceMessages,
  ...layeringMessages,
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
};

/** The code of an error, in words. */
export type ErrorCode = keyof typeof catalogue;

/** What the message of a code is made from. */
export type ErrorParameters<Code extends ErrorCode> = Parameters<(typeof catalogue)[Code]>[0];
