/**
 * What two tars of the same files may differ by: BuildKit repeats parent folders that we leave out, we write numbers
 * that it writes as text, and logs that both keep have other times in them. The tools round up to 10 KiB anyway.
 */
const ROUNDING = 10_240;

/** What is wrong with a row: ours must never be larger than the best that is written by hand. */
export function complaints({ row, sizes }) {
  return ["dockerfile", "direct"]
    .filter((way) => sizes[way].unpacked > sizes.best.unpacked + ROUNDING)
    .map((way) => {
      const more = sizes[way].unpacked - sizes.best.unpacked;
      return `(${row.id}) ${row.title}: ours (${way}) is ${more} bytes larger than the best by hand`;
    });
}
