import type { PathKind } from "./path-kind.js";

/** Each with the pattern that names it. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/[^/]~$/, "**/*~"],
  [/(?:^|\/)\.[^/]+\.sw[opn]$/, "**/.*.sw?"],
  [/(?:^|\/)#[^/]+#$/, "**/#*#"],
  [/[^/]\.bak$/, "**/*.bak"],
  [/[^/]\.orig$/, "**/*.orig"],
  [/[^/]\.rej$/, "**/*.rej"],
  [/\.dpkg-(?:old|dist|new|tmp)$/, "**/*.dpkg-*"],
  [/\.rpm(?:save|orig|new)$/, "**/*.rpm*"],
  [/(?:^|\/)\.DS_Store$/, "**/.DS_Store"],
  [/(?:^|\/)Thumbs\.db$/, "**/Thumbs.db"],
  [/^etc\/(?:passwd|shadow|group|gshadow|subuid|subgid)-$/, "**/etc/*-"],
];

/** Copies that editors, package managers and desktops leave. */
export const backups: PathKind = {
  kind: "backup",
  recognize(path) {
    const found = NAMES.find(([name]) => name.test(path));
    if (found === undefined) return undefined;
    const advice = "remove it in the command that makes it";
    return { what: "copies that editors and tools left", exclude: found[1], advice };
  },
};
