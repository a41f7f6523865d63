import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import { type Platform, platformText } from "../oci/platform.js";

/** One word of a command line, quoted for a POSIX shell only where it has to be. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * The command that builds a synthesized Dockerfile, to be run in the context folder.
 *
 * @param annotations as {@link annotationWords} gives them
 */
export function buildCommand(
  dockerfile: string,
  reference: string,
  platforms: readonly Platform[],
  emitted: EmittedDockerfile,
  annotations: readonly string[],
): string {
  const words = [
    ...[
      "docker",
      "build",
      "-f",
      dockerfile,
      "-t",
      reference,
      "--platform",
      platforms.map(platformText).join(","),
    ],
    ...emitted.contexts.flatMap(({ name, value }) => ["--build-context", `${name}=${value}`]),
    ...annotations.flatMap((word) => ["--annotation", word]),
    ".",
  ];
  return words.map(shellWord).join(" ");
}

/**
 * Annotations as buildx reads them: those that differ by platform name the manifest that they are of.
 *
 * @param annotations those of the manifest of each platform
 */
export function annotationWords(
  platforms: readonly Platform[],
  annotations: readonly Readonly<Record<string, string>>[],
): string[] {
  return platforms.flatMap((platform, at) =>
    Object.entries(annotations[at] ?? {}).flatMap(([name, value]) => {
      const everywhere = annotations.every((other) => other[name] === value);
      if (everywhere) return at === 0 ? [`${name}=${value}`] : [];
      return [`manifest[${platformText(platform)}]:${name}=${value}`];
    }),
  );
}
