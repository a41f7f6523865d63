// The rows of the table, in the order of the article that it follows.
import { chmodLater } from "./chmod-later.mjs";
import { cleanedAtOnce } from "./cleaned-at-once.mjs";
import { cleanedLater } from "./cleaned-later.mjs";
import { compiled } from "./compiled.mjs";
import { hostTools } from "./host-tools.mjs";
import { packageCache } from "./package-cache.mjs";
import { squashedAll, squashedOwn } from "./squashed.mjs";
import { threeShared, threeSquashed } from "./three-apps.mjs";

/**
 * A row has an `id` (its letter), a `title`, and three contestants: Dockerfiles as most people write them (`naive`) and
 * as an expert would (`best`), and `ours`, a function from the base (and the package `mirror`) to an image. A row of
 * several images has arrays. `why` says why ours is smaller, or why it cannot be.
 */
export const rows = [
  packageCache,
  cleanedAtOnce,
  cleanedLater,
  chmodLater,
  hostTools,
  compiled,
  squashedOwn,
  squashedAll,
  threeShared,
  threeSquashed,
];
