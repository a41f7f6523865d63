import { PlanError } from "../../errors/layerwright-error.js";
import { type ImageFiles, invalid } from "./image-files.js";
import { isObject, type JsonDocument, type JsonObject, readDocument } from "./json-document.js";

/** One image of a `docker save` archive. */
export interface ArchiveImage {
  /** Name of the config's file in the archive. */
  readonly config: string;
  readonly tags: readonly string[];
  /** Names of the layers' files, bottom first. */
  readonly layers: readonly string[];
}

/** Bytes of manifest.json at most, as containers/image has it. */
const MAX_MANIFEST = 1 << 20;

/** The images that manifest.json of a `docker save` archive names. */
export function readArchiveManifest(files: ImageFiles): readonly ArchiveImage[] {
  const document = readDocument(files, "manifest.json", "manifest.json", MAX_MANIFEST);
  if (document === undefined) throw notAnArchive(files);
  if (!Array.isArray(document.value)) throw invalid(document.base, document.name, "is no list");
  return document.value.map((image, at) => readImage(document, image, at));
}

function notAnArchive(files: ImageFiles): PlanError {
  let found = "something without a manifest.json";
  if (files.find("oci-layout") !== undefined) found = "an OCI layout";
  else if (files.find("repositories") !== undefined)
    found = "an archive of Docker before 1.10, which is not supported";
  const parameters = { path: files.base, expected: "an archive that docker save writes", found };
  return new PlanError("BASE_KIND_WRONG", parameters, { subject: files.base });
}

function readImage(document: JsonDocument, value: unknown, at: number): ArchiveImage {
  const wrong = (reason: string) => invalid(document.base, document.name, `${reason} (image ${at + 1})`);
  if (!isObject(value)) throw wrong("holds something that is no object");
  const [config, tags, layers] = ["Config", "RepoTags", "Layers"].map((key) => member(value, key, wrong));
  if (typeof config !== "string" || config === "") throw wrong("names no Config");
  if (!isTextList(layers ?? [])) throw wrong("has no list of Layers");
  if (!isTextList(tags ?? [])) throw wrong("has RepoTags that are no list of texts");
  const names = (layers ?? []) as readonly string[];
  for (const name of [config, ...names]) {
    // A name is looked up in the archive only, but one that leads out of it was written to harm somebody.
    if (!isPlainName(name))
      throw wrong(`names the file ${JSON.stringify(name.slice(0, 120))}, which is not inside the archive`);
  }
  return { config: plainName(config), tags: (tags ?? []) as readonly string[], layers: names.map(plainName) };
}

function isTextList(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPlainName(name: string): boolean {
  return !/^[/\\]|\0|\\|^[A-Za-z]:/.test(name) && name !== "" && !name.split("/").includes("..");
}

function plainName(name: string): string {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** A member by its name in any case, as Docker's own reader has it; two spellings of one are two meanings. */
function member(value: JsonObject, name: string, wrong: (reason: string) => Error): unknown {
  const keys = Object.keys(value).filter((key) => key.toLowerCase() === name.toLowerCase());
  if (keys.length > 1) throw wrong(`has ${keys.map((key) => JSON.stringify(key)).join(" and ")}`);
  return keys.length === 0 ? undefined : value[keys[0]!];
}
