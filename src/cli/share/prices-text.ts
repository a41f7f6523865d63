import type { SquashPrices } from "../../analyze/sharing/squash-prices.js";
import { sizeText } from "../../core/size.js";
import { columns } from "../columns.js";
import type { Paint } from "../paint.js";
import { namesText } from "./names-text.js";

/** The table of what each policy would cost; a star marks the policy that an image has. */
export function pricesText(all: readonly SquashPrices[], paint: Paint): string {
  const heads = ["NAME", "SQUASH", "LAYERS", "VIRTUAL", "SAVED", "UNSHARED", "NET", "NO LONGER SHARED WITH"];
  const rows = all.flatMap(({ name, squash, prices }) => {
    const least = Math.min(...prices.map(({ netBytes }) => netBytes));
    return prices.map((price, at) => [
      { text: at === 0 ? name : "", paint: paint.bold },
      `${price.squash}${price.squash === squash ? " *" : ""}`,
      `${price.layers}`,
      sizeText(price.virtualBytes),
      changeText(price.savedBytes, ""),
      sizeText(price.unsharedBytes),
      { text: changeText(price.netBytes, "+"), paint: price.netBytes === least ? paint.green : paint.cyan },
      namesText(
        price.unsharedWith.map((it) => it.name),
        price.unsharedCount,
      ),
    ]);
  });
  return columns([heads.map((text) => ({ text, paint: paint.dim })), ...rows], [2, 3, 4, 5, 6]);
}

function changeText(bytes: number, plus: string): string {
  return bytes < 0 ? `-${sizeText(-bytes)}` : `${bytes === 0 ? "" : plus}${sizeText(bytes)}`;
}
