import type { MessageArea } from "../message.js";

/** Messages: the page that a catalog becomes. */
export const reportMessages = {
  REPORT_EMPTY: (p: { catalog: string }) => ({
    message: `the catalog ${p.catalog} has no images to report on`,
    hint: "add an image to the catalog, then make the report again",
  }),
} satisfies MessageArea;
