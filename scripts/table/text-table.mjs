// The figures as columns on a terminal.
const HEAD = ["", "", "naive", "best by hand", "ours, Dockerfile", "ours, direct"];
export const WAYS = ["naive", "best", "dockerfile", "direct"];

/** Megabytes, as image sizes are usually told; small ones with decimals, so that they are not 0. */
export function megabytes(bytes) {
  const value = bytes / 1e6;
  return value >= 10 ? value.toFixed(1) : value.toFixed(3);
}

/** Prints one table a figure. */
export function printTable(results) {
  for (const [figure, title] of [
    ["unpacked", "Bytes of all layers, plain (MB)"],
    ["compressed", "Bytes of all layers, compressed (MB)"],
  ]) {
    const lines = results.map(({ row, sizes }) => [
      `(${row.id})`,
      row.title,
      ...WAYS.map((way) => megabytes(sizes[way][figure])),
    ]);
    const widths = HEAD.map((name, column) =>
      Math.max(name.length, ...lines.map((line) => line[column].length)),
    );
    console.log(`\n${title}`);
    for (const line of [HEAD, ...lines]) {
      const cells = line.map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
      );
      console.log(`  ${cells.join("  ")}`);
    }
  }
}
