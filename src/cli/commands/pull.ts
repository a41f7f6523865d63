import { relative } from "node:path";
import { type Command, Option } from "commander";
import { baseName } from "../../core/posix-path.js";
import { sizeText } from "../../core/size.js";
import { parseReference } from "../../oci/reference.js";
import type { OutputTarget } from "../../project/options.js";
import { optionValue, readPlatform, UsageError } from "../option-value.js";
import { parseOutput } from "../output-places.js";
import { withProgress } from "../progress.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import { shortDigest } from "../text.js";

interface PullFlags {
  readonly output?: string;
  readonly platform?: string;
  readonly store?: string;
}

/** `layerwright pull`: an image out of a registry, into a file. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("<reference>", "image, e.g. debian:bookworm-slim")
    .option(
      "-o, --output <target>",
      "path, - for standard output, or type=archive|oci|layout|rootfs,dest=PATH (default: NAME.tar)",
    )
    .option("--platform <platforms>", "comma-separated os/architecture[/variant] (default: this machine's)")
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright pull debian:bookworm-slim",
    "layerwright pull ghcr.io/acme/app:v1 -o app.tar",
    "layerwright pull alpine -o type=layout,dest=vendor/alpine --platform linux/amd64,linux/arm64",
  ]);
  act(command, shell, pullOne);
}

async function pullOne(session: Session, [name = ""]: readonly string[], flags: PullFlags): Promise<Report> {
  const { path } = parseReference(name);
  const option = parseOutput(flags.output ?? `type=archive,dest=${baseName(path)}.tar`);
  const output: OutputTarget = { type: option.type, dest: option.dest ?? `${baseName(path)}.tar` };
  if (output.dest === "-" && process.stdout.isTTY === true) throw new UsageError("OUTPUT_IS_TERMINAL", {});
  const platforms = flags.platform?.split(",").map((text) => {
    optionValue("--platform", text, "os/architecture[/variant]", readPlatform);
    return text;
  });
  const { pullImages } = await import("../../project/registry/pull.js");
  const { signal } = session;
  const result = await withProgress(session, (progress) =>
    pullImages(name, {
      output,
      signal,
      ...(progress && { progress }),
      ...(platforms && { platforms }),
      ...(flags.store === undefined ? {} : { store: flags.store }),
    }),
  );
  const place = output.dest === "-" ? "standard output" : relative(process.cwd(), output.dest) || ".";
  return {
    json: result,
    quiet: result.digests.map((digest) => `${digest}\n`).join(""),
    text: (paint) =>
      `${paint.bold(result.reference)} ${result.digests.map(shortDigest).join(" ")}, ${sizeText(result.size)}, written to ${paint.cyan(place)} (${output.type})\n`,
    aside: output.dest === "-",
  };
}
