import { sizeText } from "../../../core/size.js";
import type { ReportData, ReportImage } from "../report-data.js";
import { button, el, svg } from "./element.js";
import { historyChart } from "./history-chart.js";
import { linePoints } from "./line-points.js";
import { table } from "./table.js";
import { changeText, timeText } from "./words.js";

const number = true;
const COLUMNS = [
  { title: "Image" },
  { title: "Sizes" },
  { title: "Builds", number },
  { title: "First", number },
  { title: "Last", number },
  { title: "Change", number },
];

/** How large the images were in earlier builds: a line each, and one of them at large. */
export function historySection({ images }: ReportData): HTMLElement[] {
  const several = images.filter(({ history }) => history.length > 1);
  if (several.length === 0) {
    return [
      el(
        "p",
        { class: "lead" },
        "No image was built more than once yet. Each build that changes an image adds a point here.",
      ),
    ];
  }
  const chart = el("figure", {});
  const rows = images.map((image) => {
    const { name, history } = image;
    const [first, last] = [history[0]!, history.at(-1)!];
    const before = history.at(-2) ?? last;
    const press = button(
      { class: "link", "aria-pressed": "false" },
      () => {
        for (const one of buttons) one.setAttribute("aria-pressed", String(one === press));
        show(image);
      },
      name,
    );
    const cells = [
      press,
      sparkline(image),
      history.length,
      sizeText(first.bytes),
      sizeText(last.bytes),
      changeText(last.bytes - before.bytes),
    ];
    return { press, cells };
  });
  const buttons = rows.map(({ press }) => press);
  const show = (image: ReportImage): void => {
    const { name, history } = image;
    chart.replaceChildren(
      el(
        "figcaption",
        {},
        `${name}, compressed, from ${timeText(history[0]!.at)} to ${timeText(history.at(-1)!.at)}`,
      ),
      // About the room that there is; the picture is as wide as it in any case.
      historyChart(image, Math.min(1080, Math.max(240, document.documentElement.clientWidth - 120))),
    );
  };
  const first = images.indexOf(several[0]!);
  buttons[first]!.setAttribute("aria-pressed", "true");
  show(several[0]!);
  return [
    el(
      "p",
      { class: "lead" },
      "Compressed sizes in the builds that changed an image, oldest first. “Change” is against the build before the last. Choose an image to see its builds.",
    ),
    chart,
    table(
      "Sizes over builds",
      COLUMNS,
      rows.map(({ cells }) => cells),
    ),
  ];
}

function sparkline({ history }: ReportImage): Node {
  const room = { width: 120, height: 28, rim: 3 };
  const points = linePoints(history, room);
  const last = points.at(-1)!;
  return svg(
    "svg",
    {
      class: "spark",
      viewBox: `0 0 ${room.width} ${room.height}`,
      width: room.width,
      height: room.height,
      "aria-hidden": "true",
    },
    svg("polyline", { points: points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ") }),
    svg("circle", { cx: last.x.toFixed(1), cy: last.y.toFixed(1), r: 2.5 }),
  );
}
