import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import { type Image, isImage } from "../image/image.js";

/** The axes of a matrix, by name, with their values. */
export type MatrixAxes = { readonly [axis: string]: readonly (string | number)[] };

/** One value of each axis. */
export type MatrixValues<Axes extends MatrixAxes> = { readonly [Axis in keyof Axes]: Axes[Axis][number] };

/** The values joined with `-`. A type does not know the order in which axes are written, so each order is a name. */
export type MatrixNames<Axes extends MatrixAxes, Left extends keyof Axes = keyof Axes> = {
  [Axis in Left]: [Exclude<Left, Axis>] extends [never]
    ? `${Axes[Axis][number]}`
    : `${Axes[Axis][number]}-${MatrixNames<Axes, Exclude<Left, Axis>>}`;
}[Left];

/** Options for the names of a matrix's images. */
export interface MatrixOptions<Axes extends MatrixAxes, Name extends string> {
  /** The name of an image by its values. @default - the values in the order of the axes, joined with `-` */
  readonly name?: (values: MatrixValues<Axes>) => Name;
}

/**
 * An image for each combination of values, such as versions and variants: a record for a {@link Catalog}, whose names
 * the type knows. The last axis varies fastest. With a `name` of its own the type knows exactly these names; without,
 * also those with the axes in another order.
 *
 * @param axes the values by the name of what varies, each with at least one
 * @param make gives the image of one combination
 * @throws {DefinitionError} MATRIX_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, matrix } from "layerwright";
 *
 * const node = matrix({ version: ["22", "24"], variant: ["slim", "full"] }, ({ version, variant }) =>
 *   Image.from(variant === "slim" ? `node:${version}-slim` : `node:${version}`),
 * );
 * console.log(Object.keys(node)); // [ "22-slim", "22-full", "24-slim", "24-full" ]
 *
 * const tools = matrix({ tool: ["jq", "yq"] }, ({ tool }) => Image.scratch().write("/tool", tool), {
 *   name: ({ tool }) => `tool-${tool}`,
 * });
 * const catalog = new Catalog("acme", { node, ...tools });
 * console.log(catalog.images["node/22-slim"] === node["22-slim"], catalog.names.includes("tool-jq")); // true true
 * ```
 */
export function matrix<const Axes extends MatrixAxes, const Name extends string = MatrixNames<NoInfer<Axes>>>(
  axes: Axes,
  make: (values: MatrixValues<NoInfer<Axes>>) => Image,
  options: MatrixOptions<NoInfer<Axes>, Name> = {},
): Readonly<Record<Name, Image>> {
  const call = beginCall("matrix");
  checkOptions(call, options, ["name"]);
  const nameOf = options.name ?? ((values: MatrixValues<Axes>) => Object.values(values).join("-"));
  const images = new Map<string, Image>();
  for (const values of combinations(call, axes) as MatrixValues<Axes>[]) {
    const name: unknown = nameOf(values);
    const shown = JSON.stringify(values);
    if (typeof name !== "string" || images.has(name)) {
      const reason = typeof name === "string" ? "is the name of two images" : `is no name for ${shown}`;
      refuse(call, "MATRIX_INVALID", { reason, got: name });
    }
    const image: unknown = make(values);
    if (!isImage(image)) {
      refuse(call, "MATRIX_INVALID", { reason: `was made for ${shown}, and is no Image`, got: image });
    }
    images.set(name, image);
  }
  return Object.freeze(Object.fromEntries(images)) as Readonly<Record<Name, Image>>;
}

function combinations(call: Call, axes: unknown): Record<string, string | number>[] {
  if (typeof axes !== "object" || axes === null || Object.keys(axes).length === 0) {
    refuse(call, "MATRIX_INVALID", { reason: "is no record from an axis to its values", got: axes });
  }
  let found: Record<string, string | number>[] = [{}];
  for (const [axis, values] of Object.entries(axes)) {
    const fits = Array.isArray(values) && values.every((one) => ["string", "number"].includes(typeof one));
    if (!fits || values.length === 0) {
      const reason = `is no array of strings or numbers with at least one, for the axis "${axis}"`;
      refuse(call, "MATRIX_INVALID", { reason, got: values });
    }
    found = found.flatMap((before) => values.map((value) => ({ ...before, [axis]: value })));
  }
  return found;
}
