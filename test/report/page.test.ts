import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it, type TestContext } from "vitest";
import { browserOrSkipReason } from "./browser.js";
import { EVIL, largePage, samplePage } from "./sample.js";

const folder = mkdtempSync(join(tmpdir(), "layerwright-page-"));
const sample = pathToFileURL(join(folder, "sample.html")).href;
const large = pathToFileURL(join(folder, "large.html")).href;

let browser: Browser | string;
beforeAll(async () => {
  browser = await browserOrSkipReason();
  writeFileSync(join(folder, "sample.html"), await samplePage());
  writeFileSync(join(folder, "large.html"), await largePage());
});
afterAll(async () => {
  if (typeof browser === "object") await browser.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Look {
  readonly width?: number;
  readonly colorScheme?: "light" | "dark";
  readonly reducedMotion?: "reduce" | "no-preference";
}

const opened: Page[] = [];
afterEach(async () => {
  for (const page of opened.splice(0)) await page.context().close();
});

/** The page in a browser of its own, with what it asked for and complained about. */
async function open(test: TestContext, url: string, { width = 1280, ...look }: Look = {}) {
  if (typeof browser === "string") return test.skip(browser);
  const context = await browser.newContext({ viewport: { width, height: 800 }, ...look });
  const page = await context.newPage();
  opened.push(page);
  const asked: string[] = [];
  const said: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(error.message));
  await page.goto(url);
  await page.locator(".sharing button").first().waitFor();
  await page.locator(".treemap button").first().waitFor();
  return { page, asked, said };
}

const focused = (page: Page): Promise<string> =>
  page.locator(":focus").evaluate((one) => one.getAttribute("aria-label") ?? one.textContent);

/** A computed style of an element, as the browser has it. */
const styleOf = (page: Page, selector: string, name: string): Promise<string> =>
  page
    .locator(selector)
    .evaluate(
      (one, style) => one.ownerDocument.defaultView!.getComputedStyle(one).getPropertyValue(style),
      name,
    );

describe("the page of a report", () => {
  it("asks for nothing, says nothing, and could not if it wanted", async (test) => {
    const { page, asked, said } = await open(test, sample);
    expect(asked).toEqual([sample]);
    expect(said).toEqual([]);
    const refused = await page.locator("body").evaluate(async (body) => {
      const fetched = await fetch("https://example.com/").catch((error: Error) => error.name);
      const script = body.ownerDocument.createElement("script");
      script.textContent = "globalThis.hacked = true";
      body.append(script);
      return [fetched, (globalThis as { hacked?: boolean }).hacked];
    });
    expect(refused).toEqual(["TypeError", undefined]);
  });

  it("has the figures of all images, and the names of files as text", async (test) => {
    const { page, said } = await open(test, sample);
    const figures = await page.locator(".figures strong").allTextContents();
    expect(figures).toEqual(["16.9 MB", "30.6 MB", "13.7 MB", "1.6 MB"]);
    await page.locator("#files-image").selectOption({ label: "api (14 MB)" });
    await page
      .getByRole("button", { name: /copy api/ })
      .filter({ hasText: "copy api" })
      .first()
      .click();
    expect(await page.locator("#files table").textContent()).toContain("app/");
    await page
      .locator(".treemap button", { hasText: "app" })
      .first()
      .click({ position: { x: 20, y: 8 } });
    expect(await page.locator("#files table").textContent()).toContain(EVIL);
    expect(await page.locator("#waste table").textContent()).toContain(EVIL);
    expect(await page.locator("img").count()).toBe(0);
    expect(await page.evaluate(() => (globalThis as { hacked?: boolean }).hacked)).toBeUndefined();
    expect(said).toEqual([]);
  });

  it("is walked through with the keyboard alone", async (test) => {
    const { page } = await open(test, sample, { reducedMotion: "reduce" });
    const { keyboard } = page;
    const press = async (...keys: string[]) => {
      for (const key of keys) await keyboard.press(key);
    };
    await press("Tab");
    expect(await focused(page)).toBe("Skip to the figures");
    await press("Enter", "Tab");
    expect(await focused(page)).toBe("debian, 6.4 MB, shared by 2 images");
    await press("ArrowRight");
    expect(await focused(page)).toBe("copy node_modules /app/node_modules/, 7.3 MB, shared by 2 images");
    expect(await page.locator("#sharing .details").textContent()).toContain("written at catalog.ts:9");
    await press("ArrowRight", "ArrowRight");
    expect(await focused(page)).toMatch(/^Image (api|web), /);
    await press("Home", "End");
    expect(await focused(page)).toBe("Image tool, 2.1 MB");
    await press("ArrowUp", "Enter", "Tab");
    expect(await focused(page)).toMatch(/^Files of this/);
    await press("Enter");
    expect(await page.locator(":focus").getAttribute("id")).toBe("files");
    // From the section to the select, the layers, the crumbs and into the map.
    const inMap = async () => (await page.locator(".treemap :focus").count()) === 1;
    for (let tabs = 0; tabs < 10 && !(await inMap()); tabs++) await press("Tab");
    expect(await inMap()).toBe(true);
    const crumbs = () => page.locator(".crumbs li").allTextContents();
    const folder = page.locator(".treemap button[data-path='app/node_modules']");
    await page.locator("#files-image").selectOption({ index: 0 });
    await folder.focus();
    await press("Enter");
    expect(await crumbs()).toEqual(["/", "app", "node_modules"]);
    expect(await inMap()).toBe(true);
    await press("Enter");
    expect(await crumbs()).toEqual(["/", "app", "node_modules", "ts", "lib"]);
    await press("Escape");
    expect(await crumbs()).toEqual(["/", "app", "node_modules"]);
    await press("Escape", "Escape");
    expect(await crumbs()).toEqual(["/"]);
  });

  it("hatches what a later layer removes", async (test) => {
    const { page } = await open(test, sample);
    await page.locator("#files-image").selectOption({ index: 0 });
    expect(await page.locator(".treemap .hidden").first().getAttribute("aria-label")).toMatch(
      /hidden|removed/,
    );
    await page.locator("#files-image").selectOption({ index: 1 });
    expect(await page.locator(".treemap .hidden").count()).toBe(0);
  });

  it("shows one layer alone", async (test) => {
    const { page } = await open(test, sample);
    await page.locator("#files-image").selectOption({ index: 1 });
    await page.locator(".layers button").nth(2).press("Enter");
    expect(await page.locator(".layers button").nth(2).getAttribute("aria-pressed")).toBe("true");
    expect(await page.locator("#files tbody th").allTextContents()).toEqual(["srv/"]);
    await page.locator(".layers button").nth(2).press("Enter");
    expect(await page.locator("#files tbody th").allTextContents()).toEqual([
      "app/node_modules/",
      "usr/",
      "srv/",
    ]);
  });

  it("sorts and filters waste", async (test) => {
    const { page } = await open(test, sample);
    const kinds = () => page.locator("#waste tbody th strong").allTextContents();
    expect(await kinds()).toEqual(["node-modules", "documentation", "backup"]);
    const size = page.locator("#waste thead button", { hasText: "Size" });
    await size.press("Enter");
    expect(await kinds()).toEqual(["backup", "documentation", "node-modules"]);
    expect(await page.locator("#waste th[aria-sort='ascending']").textContent()).toBe("Size");
    await page.locator("#waste thead button", { hasText: "What" }).press("Enter");
    expect(await kinds()).toEqual(["backup", "documentation", "node-modules"]);
    await page.locator("#waste-image").selectOption("web");
    expect(await kinds()).toEqual(["documentation", "node-modules"]);
    expect(await page.locator("#waste [role=status]").textContent()).toBe("2 rows, 1.6 MB");
    await page.locator("#waste-text").fill("catalog.ts:9");
    expect(await kinds()).toEqual(["node-modules"]);
    await page.locator("#waste-text").fill("no such thing");
    expect(await page.locator("#waste [role=status]").textContent()).toBe("0 rows, 0 B");
  });

  it("draws the sizes of the image that was chosen", async (test) => {
    const { page } = await open(test, sample);
    expect(await page.locator(".chart circle").count()).toBe(4);
    await page.locator("#history tbody button", { hasText: "web" }).press("Enter");
    expect(await page.locator("figcaption").textContent()).toMatch(/^web, /);
    await page.locator("#history tbody button", { hasText: "tool" }).press("Enter");
    expect(await page.locator(".chart circle").count()).toBe(1);
  });

  describe.each([
    ["light", 1280],
    ["dark", 1280],
    ["light", 360],
    ["dark", 360],
  ] as const)("%s, %i wide", (colorScheme, width) => {
    it("does not scroll sideways, and axe finds nothing serious", async (test) => {
      const { page } = await open(test, sample, { colorScheme, width });
      await page.locator("summary").click();
      await page.locator(".treemap button").first().focus();
      const overflow = () => page.locator("html").evaluate((one) => one.scrollWidth - one.clientWidth);
      expect(await overflow()).toBeLessThanOrEqual(0);
      const background = await styleOf(page, "body", "background-color");
      expect(background).toBe(colorScheme === "dark" ? "rgb(19, 20, 23)" : "rgb(251, 250, 248)");
      await page.evaluate(axe.source);
      const violations = await page.evaluate(async () => {
        const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
        return (await axe.run()).violations.map(({ id, impact, nodes }) => ({
          id,
          impact,
          nodes: nodes
            .slice(0, 3)
            .map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`),
        }));
      });
      expect(violations.filter(({ impact }) => impact === "serious" || impact === "critical")).toEqual([]);
    });
  });

  it("stays readable with two hundred images: rows do not overlap, and the page is small", async (test) => {
    const { page, said } = await open(test, large);
    const ends = await page
      .locator(".sharing .end")
      .evaluateAll((all) =>
        all.map((one) => one.getBoundingClientRect()).map(({ top, bottom }) => ({ top, bottom })),
      );
    expect(ends).toHaveLength(200);
    for (const [at, { top }] of ends.entries()) {
      if (at > 0) expect(top).toBeGreaterThanOrEqual(ends[at - 1]!.bottom);
    }
    expect(ends[0]!.bottom - ends[0]!.top).toBeGreaterThanOrEqual(16);
    expect(await page.locator(".scroller").evaluate((one) => one.clientHeight)).toBeLessThan(800);
    expect(readFileSync(join(folder, "large.html")).length).toBeLessThan(4_000_000);
    expect(said).toEqual([]);
  });

  it("moves nothing for those who asked for that, and prints without controls", async (test) => {
    const { page } = await open(test, sample, { reducedMotion: "reduce" });
    const behavior = () => styleOf(page, "html", "scroll-behavior");
    expect(await behavior()).toBe("auto");
    await page.emulateMedia({ reducedMotion: "no-preference" });
    expect(await behavior()).toBe("smooth");
    await page.emulateMedia({ media: "print" });
    expect(await page.locator("nav[aria-label=Sections]").isVisible()).toBe(false);
    expect(await page.locator(".treemap").isVisible()).toBe(true);
  });
});

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}
