import { type DescribedImage, NotReadYet, reading } from "../../engine/described/described-image.js";
import { type Origin, originText } from "../../errors/origin.js";
import { type Call, checkOptions, refuse } from "../../image/call.js";
import { type Image, isImage } from "../../image/image.js";
import type { ImageNode } from "../../image/nodes.js";
import { type Described, described, describedArchive } from "../../project/prepare/described.js";
import type { Unknown } from "../../rootfs/unknown.js";

/** Options of assertions about a description. */
export interface ExpectOptions {
  /** `os/architecture[/variant]`. @default - linux on this machine's processor */
  readonly platform?: string;
  /** The directory that copy sources and bases on disk are relative to. @default - the working directory */
  readonly context?: string;
}

/** The choice of an image of an archive or layout. */
export interface ExpectArchiveOptions {
  /** The image of an archive that holds several. */
  readonly tag?: string;
  /** The image of an index for several platforms. @default - linux on this machine's processor */
  readonly platform?: string;
}

const chains = new WeakMap<object, Subject>();

/** The image that assertions are about, looked at when the first of them needs it. */
export class Subject {
  /** The description; undefined for what was found on disk. */
  readonly node: ImageNode | undefined;
  readonly options: ExpectOptions;
  readonly #look: () => Promise<Described | Pick<Described, "image">>;
  #looking: Promise<Described | Pick<Described, "image">> | undefined;
  #seen: Described | Pick<Described, "image"> | undefined;

  private constructor(
    node: ImageNode | undefined,
    options: ExpectOptions,
    look: () => Promise<Described | Pick<Described, "image">>,
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
    return new Subject(image.node, options, () => described(image.node, options));
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
    return new Subject(undefined, own, async () => ({ image: await describedArchive(path, options) }));
  }

  /** Returns the subject of a chain of assertions, or of an image by its description; undefined for anything else. */
  static of(call: Call, value: unknown, options: ExpectOptions): Subject | undefined {
    if (isImage(value)) return Subject.described(call, value, options);
    return value instanceof Promise ? chains.get(value) : undefined;
  }

  /** Remembers what a chain is about. */
  static note(chain: Promise<void>, subject: Subject): void {
    chains.set(chain, subject);
  }

  /** The facts about the image. @throws {NotReadYet} */
  get image(): DescribedImage {
    return this.#found.image;
  }

  /** The plans of the image; undefined for what was found on disk. @throws {NotReadYet} */
  get description(): Described | undefined {
    if (this.node === undefined) return undefined;
    const found = this.#found;
    return "plan" in found ? found : undefined;
  }

  get #found(): Described | Pick<Described, "image"> {
    if (this.#seen !== undefined) return this.#seen;
    throw new NotReadYet(async () => {
      this.#looking ??= this.#look();
      this.#seen = await this.#looking;
    });
  }
}

/** A check of an image, whose arguments were read; it gives undefined where it holds. */
export type Check = () => Failure | undefined;

/** Carries out a check, when all is read that it looks at. */
export const judge: (check: Check) => Promise<Failure | undefined> = reading;

/** Why an assertion does not hold. */
export interface Failure {
  readonly message: string;
  readonly actual: unknown;
  readonly expected: unknown;
  /** It is not that the image is otherwise: only a build can tell. */
  readonly unknown: boolean;
}

/** The lines of a message below its first: words and what they are about. */
export type Details = readonly (readonly [label: string, text: string | undefined])[];

/** An assertion that does not hold. */
export function failure(what: string, actual: unknown, expected: unknown, details: Details = []): Failure {
  const lines = details.filter(([, text]) => text !== undefined && text !== "");
  const width = Math.max(0, ...lines.map(([label]) => label.length)) + 1;
  const below = lines.map(([label, text]) => `\n  ${`${label}:`.padEnd(width)} ${text}`);
  return { message: `${what}${below.join("")}`, actual, expected, unknown: false };
}

/** An assertion that cannot be judged without a build. */
export function unknowable(what: string, expected: unknown, { because, origin }: Unknown): Failure {
  const { message } = failure(`${what} is not known without a build`, undefined, expected, [
    ["since", because],
    ["at", placeText(origin)],
    ["to test it", "build the image, and look at the archive with expectArchive(path)"],
  ]);
  return { message, actual: undefined, expected, unknown: true };
}

/** The user's place as text; undefined where there is none. */
export function placeText(origin: Origin | undefined): string | undefined {
  return origin === undefined ? undefined : originText(origin);
}
