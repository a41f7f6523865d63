import { Writable } from "node:stream";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { progressLines } from "../../src/adapters/progress/progress-lines.js";
import { progressOra } from "../../src/adapters/progress/progress-ora.js";

describe("progress as lines", () => {
  let clock = 0;
  beforeEach(() => {
    clock = 0;
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function lines(heartbeatMs = 30_000) {
    const written: string[] = [];
    const progress = progressLines({ write: (text) => written.push(text), now: () => clock, heartbeatMs });
    return { progress, written };
  }

  it("writes one line a start and one a finish, with size and seconds", () => {
    const { progress, written } = lines();
    progress.report({ kind: "start", id: "1", label: "copy site /srv/" });
    clock = 1500;
    progress.report({ kind: "advance", id: "1", bytes: 2_500_000 });
    progress.report({ kind: "finish", id: "1", label: "copy site /srv/" });
    progress.report({ kind: "finish", id: "2", label: "write /a", detail: "3 kB", cached: true });
    progress.report({ kind: "warn", message: "careful" });
    progress.close();
    expect(written).toEqual([
      "[  0.0 s] start    copy site /srv/\n",
      "[  1.5 s] done     copy site /srv/ (2.5 MB, 1.5 s)\n",
      "[  1.5 s] cached   write /a (3 kB)\n",
      "[  1.5 s] warning  careful\n",
    ]);
  });

  it("names what still runs after 30 s of silence, and not before", () => {
    const { progress, written } = lines();
    progress.report({ kind: "start", id: "1", label: "run make" });
    progress.report({ kind: "advance", id: "1", bytes: 1000, total: 4000 });
    const pass = (ms: number): void => {
      for (let at = 0; at < ms; at += 1000) {
        clock += 1000;
        vi.advanceTimersByTime(1000);
      }
    };
    pass(29_000);
    expect(written).toHaveLength(1);
    pass(2000);
    expect(written.slice(1)).toEqual(["[ 30.0 s] still    run make (1 kB of 4 kB)\n"]);
    pass(31_000);
    expect(written).toHaveLength(3);
    progress.close();
    pass(60_000);
    expect(written).toHaveLength(3);
  });

  it("keeps a label on one line, and out of the terminal's control", () => {
    const { progress, written } = lines();
    progress.report({ kind: "start", id: "1", label: "run a\nb\u001b[31mc" });
    progress.close();
    expect(written).toEqual(["[  0.0 s] start    run a b\\u001b[31mc\n"]);
  });
});

describe("progress on a terminal", () => {
  async function drawn(color: boolean): Promise<string> {
    let text = "";
    const stream = new Writable({
      write: (chunk, _, done) => {
        text += chunk;
        done();
      },
    });
    Object.assign(stream, {
      isTTY: true,
      columns: 80,
      rows: 24,
      cursorTo: () => true,
      clearLine: () => true,
      moveCursor: () => true,
    });
    const progress = await progressOra({ stream: stream as unknown as NodeJS.WriteStream, color });
    progress.report({ kind: "start", id: "1", label: "copy site /srv/" });
    progress.report({ kind: "advance", id: "1", bytes: 1000 });
    progress.report({ kind: "finish", id: "1", label: "copy site /srv/", detail: "1 kB", cached: true });
    progress.close();
    return text;
  }

  it("keeps what is done above the spinner", async () => {
    expect(await drawn(true)).toMatch(
      /\u001b\[32m=\u001b\[39m copy site \/srv\/ \(cached, 1 kB, \d+\.\d s\)\n/,
    );
  });

  it("has no colours where none are wanted", async () => {
    const text = await drawn(false);
    expect(text).toMatch(/^.*= copy site \/srv\/ \(cached, 1 kB, \d+\.\d s\)$/m);
    expect(text).not.toMatch(/\u001b\[[0-9;]*m/);
  });
});
