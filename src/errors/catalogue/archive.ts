import type { MessageArea } from "../message.js";

/** Damaged or unusable archives, layers and image documents. */
export const archiveMessages = {
  TAR_DAMAGED: (p: { archive: string; reason: string; offset: number }) => ({
    message: `the tar ${p.archive} is damaged at byte ${p.offset}: ${p.reason}`,
    hint: "make the archive again, or fetch it again if it was copied",
  }),
} satisfies MessageArea;
