import { type Command, Option } from "commander";
import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import { platformText } from "../../oci/platform.js";
import type { InspectedImage } from "../../project/inspect.js";
import { readPlatform } from "../option-value.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { columns, counted, layerTree, shortDigest } from "../text.js";

interface InspectFlags {
  readonly files?: boolean;
  readonly tag?: string;
  readonly platform?: string;
  readonly store?: string;
}

type Layer = InspectedImage["layers"][number];
type File = NonNullable<Layer["files"]>[number];

/** `layerwright inspect`: the layers and files of an image on disk. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("<image>", "archive (docker save or OCI) or OCI layout directory")
    .option("--files", "list the files of each layer")
    .option("-t, --tag <tag>", "image to show, if there are several")
    .option("--platform <platform>", "platform to show, if there are several")
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright inspect layerwright.out/app.tar",
    "layerwright inspect app.tar --files --json",
  ]);
  act(command, shell, inspect);
}

async function inspect(_: Session, [path = ""]: readonly string[], flags: InspectFlags): Promise<Report> {
  const { inspectArchive } = await import("../../project/inspect.js");
  const found = await inspectArchive(path, {
    ...(flags.tag === undefined ? {} : { tag: flags.tag }),
    ...(flags.platform === undefined ? {} : { platform: readPlatform(flags.platform) }),
    ...(flags.store === undefined ? {} : { store: flags.store }),
  });
  // The names of a layer's files can be many: they are shown, and handed on, when they are asked for.
  const images = flags.files === true ? found : found.map(withoutFiles);
  return {
    json: { path, images },
    quiet: images.map(({ digest }) => `${digest}\n`).join(""),
    text: (paint) => images.map((it) => imageText(it, path, paint)).join("\n"),
  };
}

function withoutFiles(image: InspectedImage): InspectedImage {
  return {
    ...image,
    layers: image.layers.map((layer) => {
      const { files: _, ...rest } = layer;
      return rest;
    }),
  };
}

function imageText(image: InspectedImage, path: string, paint: Paint): string {
  const { references, platform, digest, format, layers } = image;
  const name = references[0] ?? path;
  const size = layers.reduce((sum, layer) => sum + layer.size, 0);
  const facts = [
    format,
    platformText(platform),
    shortDigest(digest),
    `${sizeText(size)} in ${counted(layers.length, "layer")}`,
  ];
  const title = `${paint.bold(shownLine(name))} ${facts.filter((it) => it !== "").join(", ")}`;
  const shown = layers.map((layer) => ({
    digest: layer.digest,
    size: layer.size,
    description:
      `${layer.description ?? ""}  ${paint.dim(`${counted(layer.entries, "entry", "entries")}, ${sizeText(layer.uncompressedSize)} unpacked`)}`.trim(),
  }));
  if (!layers.some(({ files }) => files !== undefined)) return layerTree(title, shown, paint);
  const parts = layers.map((layer, index) => {
    const tree = layerTree("", shown.slice(index, index + 1), paint).trimStart();
    return (
      tree +
      columns(
        (layer.files ?? []).map((file) => fileRow(file, paint)),
        [2],
      )
    );
  });
  return `${title}\n${parts.join("")}`;
}

function fileRow({ path, type, mode, uid, gid, size, linkname }: File, paint: Paint) {
  const target = linkname === undefined || linkname === "" ? "" : ` -> ${shownLine(linkname)}`;
  return [
    `     ${letterOf(type)}${mode.toString(8).padStart(4, "0")}`,
    `${uid}:${gid}`,
    sizeText(size),
    `${shownLine(path)}${paint.dim(target)}`,
  ];
}

/** As ls(1) begins a line. */
function letterOf(type: string): string {
  const letters: Readonly<Record<string, string>> = {
    file: "-",
    folder: "d",
    symlink: "l",
    hardlink: "h",
    "character-device": "c",
    "block-device": "b",
    fifo: "p",
  };
  return letters[type] ?? type.charAt(0);
}
