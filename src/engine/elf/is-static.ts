import type { FileNode } from "../../layer/tree-node.js";
import { openRange } from "./range-reader.js";
import { readElf } from "./read-elf.js";

/** True when a file is a program that needs nothing of the image it runs in. What is no program at all is none either. */
export async function isStatic(file: FileNode): Promise<boolean> {
  try {
    const reader = await openRange(file);
    try {
      const { interpreter, needed } = readElf(reader);
      return interpreter === undefined && needed.length === 0;
    } finally {
      reader.close();
    }
  } catch {
    return false;
  }
}
