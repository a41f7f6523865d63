import type { DescribedImage } from "../../engine/described/described-image.js";
import { type Call, checkOptions, refuse } from "../../image/call.js";
import { type Image, isImage } from "../../image/image.js";
import type { ImageNode } from "../../image/nodes.js";
import { type Described, described, describedArchive } from "../../project/described.js";

/** How an image is looked at by its description. */
export interface ExpectOptions {
  /** `os/architecture[/variant]`. @default - linux on this machine's processor */
  readonly platform?: string;
  /** The folder that copy sources and bases on disk are relative to. @default - the working folder */
  readonly context?: string;
}

/** Which image of an archive or layout is looked at. */
export interface ExpectArchiveOptions {
  /** Which image of an archive that holds several. */
  readonly tag?: string;
  /** Which image of an index for several platforms. @default - linux on this machine's processor */
  readonly platform?: string;
}

const chains = new WeakMap<object, Subject>();

/** What assertions are about; looked at when the first of them needs it. */
export class Subject {
  /** The description; undefined for what was found on disk. */
  readonly node: ImageNode | undefined;
  readonly options: ExpectOptions;
  readonly #look: (() => DescribedImage) | undefined;
  #image: DescribedImage | undefined;
  #described: Described | undefined;

  private constructor(
    node: ImageNode | undefined,
    options: ExpectOptions,
    look: (() => DescribedImage) | undefined,
  ) {
    this.node = node;
    this.options = options;
    this.#look = look;
  }

  /** An image by its description. */
  static described(call: Call, image: Image, options: ExpectOptions): Subject {
    if (!isImage(image)) {
      refuse(call, "ARGUMENT_INVALID", {
        call: call.name,
        argument: "image",
        got: image,
        allowed: "an Image",
      });
    }
    checkOptions(call, options, ["platform", "context"]);
    return new Subject(image.node, options, undefined);
  }

  /** An image on disk. */
  static archive(call: Call, path: string, options: ExpectArchiveOptions): Subject {
    if (typeof path !== "string" || path === "") {
      const allowed = "the path of an archive or layout";
      refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "path", got: path, allowed });
    }
    checkOptions(call, options, ["tag", "platform"]);
    const { platform } = options;
    const own = platform === undefined ? {} : { platform };
    return new Subject(undefined, own, () => describedArchive(path, options));
  }

  /** What a chain of assertions is about, or an image by its description; undefined for anything else. */
  static of(call: Call, value: unknown, options: ExpectOptions): Subject | undefined {
    if (isImage(value)) return Subject.described(call, value, options);
    return typeof value === "object" && value !== null ? chains.get(value) : undefined;
  }

  /** Remembers what a chain is about. */
  static note(chain: object, subject: Subject): void {
    chains.set(chain, subject);
  }

  /** What is known of the image. */
  get image(): DescribedImage {
    this.#image ??= this.#look === undefined ? this.description!.image : this.#look();
    return this.#image;
  }

  /** The plans of the image; undefined for what was found on disk. */
  get description(): Described | undefined {
    if (this.node === undefined) return undefined;
    this.#described ??= described(this.node, this.options);
    return this.#described;
  }
}
