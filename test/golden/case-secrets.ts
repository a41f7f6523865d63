import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** The secrets that a case is built with: the files of its folder `secrets`, by name. */
export function caseSecrets(context: string): Readonly<Record<string, { readonly file: string }>> {
  const folder = join(context, "secrets");
  if (!existsSync(folder)) return {};
  return Object.fromEntries(readdirSync(folder).map((id) => [id, { file: join(folder, id) }]));
}
