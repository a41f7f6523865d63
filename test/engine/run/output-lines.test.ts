import { describe, expect, it } from "vitest";
import { OutputLines } from "../../../src/engine/run/command-output.js";

function linesOf(secrets: readonly string[], pieces: readonly (string | Uint8Array)[]) {
  const lines: string[] = [];
  const output = new OutputLines(
    secrets.map((secret) => Buffer.from(secret)),
    (line) => lines.push(line),
  );
  for (const piece of pieces) output.add("stdout", Buffer.from(piece));
  return { lines, last: output.end(), output };
}

describe("what a command prints", () => {
  it("is told line by line, whatever pieces it comes in", () => {
    const { lines } = linesOf(
      [],
      ["on", "e\r\ntw", "o\n", Buffer.from("gr\u00fc", "utf8").subarray(0, 3), Buffer.from([0xbc]), "\nend"],
    );
    expect(lines).toEqual(["one", "two", "grü", "end"]);
  });

  it("is the last drawing of a progress bar", () => {
    expect(linesOf([], ["10 %\r50 %\r100 %\n"]).lines).toEqual(["100 %"]);
  });

  it("keeps the last lines of both streams, in whatever order they are read", () => {
    const { output } = linesOf([], []);
    output.add("stderr", Buffer.from("the error\n"));
    output.add("stdout", Buffer.from(Array.from({ length: 30 }, (_, n) => `${n}\n`).join("")));
    expect(output.end()).toEqual(["the error", ...Array.from({ length: 19 }, (_, n) => `${n + 11}`)]);
  });

  it("is cut where a line is too long, and loses nothing", () => {
    const { lines } = linesOf([], ["x".repeat(10_000), "y".repeat(10_000), `${"z".repeat(10_000)}\n`]);
    expect(Math.max(...lines.map((line) => line.length))).toBe(4096);
    expect(lines.join("")).toHaveLength(30_000);
  });

  it("hides secrets: plain, in base64 and in hex, also where a line is cut", () => {
    const secret = "a secret of the test";
    const forms = [secret, Buffer.from(secret).toString("base64"), Buffer.from(secret).toString("hex")];
    for (const form of forms) {
      for (let before = 4096 - form.length - 1; before <= 4097; before++) {
        const text = `${"x".repeat(before)}${form}${"y".repeat(5000)}`;
        const whole = linesOf([secret], [text]).lines.join("");
        expect(whole).not.toContain(form);
        expect(whole).toContain("***");
        const split = linesOf([secret], [text.slice(0, before + 3), text.slice(before + 3)]).lines.join("");
        expect(split).toContain("***");
      }
    }
  });

  it("is kept for a message without colours and titles", () => {
    const { lines, last } = linesOf([], ["\u001b[1;31mred\u001b[0m \u001b]0;title\u0007and\u0000 more\n"]);
    expect(lines).toEqual(["\u001b[1;31mred\u001b[0m \u001b]0;title\u0007and\u0000 more"]);
    expect(last).toEqual(["red and more"]);
  });
});
