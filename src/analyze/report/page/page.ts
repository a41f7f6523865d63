import type { ReportData } from "../report-data.js";
import { el } from "./element.js";
import { filesSection } from "./files-section.js";
import { historySection } from "./history-section.js";
import { pageHead } from "./page-head.js";
import { sharingSection } from "./sharing-section.js";
import { wasteSection } from "./waste-section.js";

const data = JSON.parse(document.getElementById("data")!.textContent!) as ReportData;
const files = filesSection(data);
const sections = [
  { id: "sharing", title: "Sharing", section: sharingSection(data, files.show) },
  { id: "files", title: "Files", section: files.section },
  { id: "waste", title: "Waste", section: wasteSection(data, files.show) },
  { id: "history", title: "History", section: historySection(data) },
];
const { head, nav } = pageHead(
  data,
  sections.map(({ id, title }) => ({ id, title })),
);
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
