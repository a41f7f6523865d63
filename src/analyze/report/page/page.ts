import { sizeText } from "../../../core/size.js";
import type { ReportData } from "../report-data.js";
import { el } from "./element.js";
import { filesSection } from "./files-section.js";
import { historySection } from "./history-section.js";
import { sharingSection } from "./sharing-section.js";
import { wasteSection } from "./waste-section.js";
import { counted, percentText, timeText } from "./words.js";

const data = JSON.parse(document.getElementById("data")!.textContent!) as ReportData;
const files = filesSection(data);
const sections = [
  { id: "sharing", title: "Sharing", section: sharingSection(data, files.show) },
  { id: "files", title: "Files", section: files.section },
  { id: "waste", title: "Waste", section: wasteSection(data, files.show) },
  { id: "history", title: "History", section: historySection(data) },
];
const { head, nav } = pageHead(data, sections);
const body = sections.map(({ id, title, section }) => {
  const heading = el("h2", { id: `${id}-title` }, title);
  const made = el("section", { id, "aria-labelledby": heading.id, tabindex: -1 }, heading);
  made.append(...section);
  return made;
});
document.body.append(
  el("a", { class: "skip", href: "#sharing" }, "Skip to the figures"),
  head,
  nav,
  el("main", {}, ...body),
);

/** The head of the page: what it is about, and the figures of all images together. */
function pageHead(
  { title, made, totals, images }: ReportData,
  sections: readonly { readonly id: string; readonly title: string }[],
): { readonly head: HTMLElement; readonly nav: HTMLElement } {
  const { virtualBytes, effectiveBytes, effectiveCompressedBytes, wastedBytes } = totals;
  const saved = virtualBytes - effectiveBytes;
  const compressed = sizeText(effectiveCompressedBytes);
  const savedShare = percentText(saved, virtualBytes);
  const figures = [
    figure("Together", sizeText(effectiveBytes), `every layer once, ${compressed} compressed`),
    figure("Each alone", sizeText(virtualBytes), `${counted(totals.images, "image")}, added up`),
    figure("Saved by sharing", sizeText(saved), `${savedShare} of what each alone would take`),
  ];
  if (wastedBytes !== undefined) {
    const share = percentText(wastedBytes, effectiveBytes);
    figures.push(figure("Wasted", sizeText(wastedBytes), `${share} of what is stored`));
  }
  const platforms = [...new Set(images.map(({ platform }) => platform))];
  const about = [counted(totals.images, "image"), counted(totals.layers, "layer"), platforms.join(", ")];
  const head = el(
    "header",
    {},
    el("h1", {}, title),
    el("p", { class: "about" }, `${about.join(" · ")} · `, el("time", { datetime: made }, timeText(made))),
    el("dl", { class: "figures" }, ...figures),
  );
  const links = sections.map(({ id, title: name }) => el("li", {}, el("a", { href: `#${id}` }, name)));
  return { head, nav: el("nav", { "aria-label": "Sections" }, el("ul", {}, ...links)) };
}

function figure(name: string, value: string, about: string): HTMLElement {
  return el("div", {}, el("dt", {}, name), el("dd", {}, el("strong", {}, value), el("span", {}, about)));
}
