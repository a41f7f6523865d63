import type { RuntimeConfig } from "../../oci/image-config.js";
import type { PathKind } from "./path-kind.js";

const TRANSLATION = /^usr\/(?:local\/)?(?:share|lib)\/locale\/([A-Za-z][^/]*)\//;
/** What locales are compiled from, and all that were compiled. */
const DEFINITIONS = /^usr\/(?:share\/i18n|lib\/locale\/locale-archive)(?:\/|$)/;
const VARIABLE = /^(?:LANG|LANGUAGE|LC_[A-Z]+)=(.+)$/;

/** Translations and locales of languages that the image's own variables do not ask for. */
export function localesBut({ Env = [] }: RuntimeConfig): PathKind {
  const kept = new Set(["C", "POSIX"]);
  for (const variable of Env) {
    for (const locale of VARIABLE.exec(variable)?.[1]?.split(":") ?? []) kept.add(languageOf(locale));
  }
  const asksForNone = kept.size === 2;
  return {
    kind: "locale",
    recognize(path) {
      const locale = TRANSLATION.exec(path)?.[1];
      const found =
        locale === undefined ? asksForNone && DEFINITIONS.test(path) : !kept.has(languageOf(locale));
      if (!found) return undefined;
      return {
        what: "languages that no variable of the image asks for",
        exclude: "**/locale",
        advice: "remove them in the command that installs: rm -rf /usr/share/locale/*",
      };
    },
  };
}

function languageOf(locale: string): string {
  return locale.split(/[_.@]/)[0]!;
}
