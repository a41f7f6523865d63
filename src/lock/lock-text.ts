import { LOCK_VERSION, type Lock, type LockedImage } from "./lock.js";

/**
 * A lock as the text of its file: keys sorted, and each platform and each file on one line, so that a merge of two
 * branches that locked different things is no conflict.
 */
export function lockText(lock: Lock): string {
  const files = block(lock.files, "    ", ({ sha256, size }) => line({ sha256, size }));
  const images = block(lock.images, "    ", imageText);
  const encoders = block(lock.encoders ?? {}, "    ", ({ by, probe }) => line({ by, probe }));
  const encoded = encoders === "{}" ? "" : `  "encoders": ${encoders},\n`;
  const { certificates } = lock;
  const listed =
    certificates === undefined
      ? ""
      : `  "certificates": ${line({ count: certificates.count, sha256: certificates.sha256 })},\n`;
  const decided = Object.keys(lock.layering).length === 0 ? "" : `  "layering": ${layeringText(lock)},\n`;
  return `{\n${listed}${encoded}  "files": ${files},\n  "images": ${images},\n${decided}  "lockfileVersion": ${LOCK_VERSION}\n}\n`;
}

function layeringText({ layering }: Lock): string {
  return block(layering, "    ", ({ images, layers, melt, portable, why }) => {
    const lines = Object.entries({ images, layers, melt, portable, why }).map(
      ([key, value]) => `      ${JSON.stringify(key)}: ${JSON.stringify(value)}`,
    );
    return `{\n${lines.join(",\n")}\n    }`;
  });
}

function imageText({ digest, platforms }: LockedImage): string {
  const each = block(platforms, "        ", (one) => line({ digest: one.digest, size: one.size }));
  return `{\n      "digest": ${JSON.stringify(digest)},\n      "platforms": ${each}\n    }`;
}

function block<T>(members: Readonly<Record<string, T>>, indent: string, text: (member: T) => string): string {
  const lines = Object.entries(members)
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, member]) => `${indent}${JSON.stringify(key)}: ${text(member)}`);
  return lines.length === 0 ? "{}" : `{\n${lines.join(",\n")}\n${indent.slice(2)}}`;
}

function line(members: Readonly<Record<string, string | number>>): string {
  const parts = Object.entries(members).map(
    ([key, value]) => `${JSON.stringify(key)}: ${JSON.stringify(value)}`,
  );
  return `{ ${parts.join(", ")} }`;
}
