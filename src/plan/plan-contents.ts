import { isUtf8 } from "node:buffer";
import { sha256Hex } from "../core/sha256.js";
import type { PlanContents } from "./operation.js";

/** Contents of a description as plan data: text stays readable, all else is base64. */
export function planContents(contents: string | Uint8Array): PlanContents {
  const bytes = typeof contents === "string" ? Buffer.from(contents, "utf8") : Buffer.from(contents);
  const text = isUtf8(bytes) && !bytes.includes(0);
  return {
    digest: `sha256:${sha256Hex(bytes)}`,
    size: bytes.length,
    ...(text ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") }),
  };
}

/** The bytes of plan contents. */
export function contentsBytes(contents: PlanContents): Buffer {
  return contents.text === undefined
    ? Buffer.from(contents.base64 ?? "", "base64")
    : Buffer.from(contents.text, "utf8");
}
