// The figures as tables.
import { MEMORY_CEILING } from "./contests.mjs";
import { median } from "./measure.mjs";

/** Prints what was measured: our builds, then the ratios with their floors. */
export function printReport(about, results, failures) {
  const { date, node, zlib, cores, processor, memoryGB, rounds, peers, missing } = about;
  console.log(`${date}  ${cores} x ${processor}, ${memoryGB} GB, Node ${node} (zlib ${zlib})`);
  console.log(
    `Whole processes, page cache warm, medians of ${rounds} rounds in which all take turns; times in seconds.`,
  );
  for (const [name, version] of Object.entries(peers)) console.log(`  ${name}: ${version}`);
  if (missing.length > 0) console.log(`  not here: ${missing.join(", ")}`);
  console.log("\nOur builds");
  printTable(
    ["", "wall", "(from-to)", "CPU", "peak MB", `<= ${MEMORY_CEILING}`, "archive MB"],
    results.map(({ title, runs, size }) => {
      const memory = median(runs.map((run) => run.memory));
      return [
        title,
        seconds(runs, "wall"),
        range(runs),
        seconds(runs, "cpu"),
        memory.toFixed(0),
        verdict(memory <= MEMORY_CEILING, memory),
        (size / 1e6).toFixed(1),
      ];
    }),
  );
  console.log("\nAgainst the peers: how many times as fast we are (median over the rounds of peer / ours)");
  const rows = [];
  for (const { title, floors, runs, peers: others } of results) {
    for (const { id, name, daemon, runs: theirs } of others) {
      const ratio = paired(theirs, runs, "wall");
      const floor = floors[id];
      rows.push([
        title,
        name,
        seconds(theirs, "wall"),
        `${ratio.toFixed(2)}x`,
        floor === undefined ? "" : `${floor}x`,
        floor === undefined ? "" : verdict(ratio >= floor, ratio),
        // What a daemon does is seen by nobody here.
        daemon ? "" : `${paired(theirs, runs, "cpu").toFixed(2)}x`,
        daemon ? "" : median(theirs.map((run) => run.memory)).toFixed(0),
      ]);
    }
  }
  printTable(["", "peer", "wall", "ratio", "floor", "", "CPU ratio", "peak MB"], rows);
  printReach(results);
  for (const { title, runs, ceiling } of results) {
    if (ceiling === undefined) continue;
    const wall = median(runs.map((run) => run.wall));
    console.log(`\n${title}: ${wall.toFixed(2)} s, at most ${ceiling} s: ${verdict(wall <= ceiling, wall)}`);
  }
  for (const { build, message } of failures) console.log(`\nFAILED ${build}: ${message}`);
}

/** How fast the least work is against the peers that have a floor: a floor far above that is not in reach. */
function printReach(results) {
  const lines = results.flatMap(({ title, floors, peers }) => {
    const bare = peers.find(({ id }) => id === "bare");
    if (bare === undefined) return [];
    return peers
      .filter(({ id }) => floors[id] !== undefined)
      .map((peer) => {
        const ratio = paired(peer.runs, bare.runs, "wall").toFixed(2);
        return `  ${bare.name} against ${peer.name} (${title}): ${ratio}x, floor ${floors[peer.id]}x`;
      });
  });
  if (lines.length > 0) console.log(["\nWhat is in reach at all", ...lines].join("\n"));
}

/** The middle of the ratios of the rounds: what disturbs a round disturbs both. */
export function paired(theirs, ours, figure) {
  return median(ours.map((run, round) => (theirs[round]?.[figure] ?? Number.NaN) / run[figure]));
}

const seconds = (runs, figure) => median(runs.map((run) => run[figure])).toFixed(2);

const verdict = (good, figure) => (Number.isNaN(figure) ? "" : good ? "ok" : "BELOW");

function range(runs) {
  const walls = runs.map((run) => run.wall);
  return `(${Math.min(...walls).toFixed(2)}-${Math.max(...walls).toFixed(2)})`;
}

function printTable(head, rows) {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length)),
  );
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) =>
      column < 2 && !/^[\d.]+$/.test(cell) ? cell.padEnd(widths[column]) : cell.padStart(widths[column]),
    );
    console.log(`  ${cells.join("  ").trimEnd()}`);
  }
}
