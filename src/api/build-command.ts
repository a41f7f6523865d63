import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import { type Platform, platformText } from "../oci/platform.js";

/** One word of a command line, quoted for a POSIX shell only where it has to be. */
function shellWord(word: string): string {
  return /^[A-Za-z0-9_./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command that builds a synthesized Dockerfile, to be run in the context folder. */
export function buildCommand(
  dockerfile: string,
  reference: string,
  platform: Platform,
  emitted: EmittedDockerfile,
  annotations: Readonly<Record<string, string>>,
): string {
  const words = [
    ...["docker", "build", "-f", dockerfile, "-t", reference, "--platform", platformText(platform)],
    ...emitted.contexts.flatMap(({ name, value }) => ["--build-context", `${name}=${value}`]),
    ...Object.entries(annotations).flatMap(([name, value]) => ["--annotation", `${name}=${value}`]),
    ".",
  ];
  return words.map(shellWord).join(" ");
}
