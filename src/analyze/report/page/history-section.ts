import { sizeText } from "../../../core/size.js";
import type { ReportData, ReportImage } from "../report-data.js";
import { button, el, lead, numbers, svg, table } from "./element.js";
import { linePoints, type Point, roundUp } from "./geometry.js";
import { changeText, counted, timeText } from "./words.js";

const COLUMNS = [{ title: "Image" }, { title: "Sizes" }, ...numbers("Builds", "First", "Last", "Change")];

/** Shows the sizes of the images in earlier builds: a line each, and one of them at large. */
export function historySection({ images }: ReportData): HTMLElement[] {
  const several = images.filter(({ history }) => history.length > 1);
  if (several.length === 0) {
    return [
      lead("No image was built more than once yet. Each build that changes an image adds a point here."),
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
    const until = timeText(history.at(-1)!.at);
    chart.replaceChildren(
      el("figcaption", {}, `${name}, compressed, from ${timeText(history[0]!.at)} to ${until}`),
      // About the room that there is; the picture is as wide as it in any case.
      historyChart(image, Math.min(1080, Math.max(240, document.documentElement.clientWidth - 120))),
    );
  };
  const first = images.indexOf(several[0]!);
  buttons[first]!.setAttribute("aria-pressed", "true");
  show(several[0]!);
  return [
    lead(
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
  const [width, height] = [120, 28];
  const points = linePoints(history, { width, height, rim: 3 });
  const last = points.at(-1)!;
  return svg(
    "svg",
    {
      ...{ class: "spark", viewBox: `0 0 ${width} ${height}`, width, height },
      "aria-hidden": "true",
    },
    svg("polyline", { points: pointsText(points) }),
    svg("circle", { cx: last.x.toFixed(1), cy: last.y.toFixed(1), r: 2.5 }),
  );
}

function pointsText(points: readonly Point[]): string {
  return points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
}

const HEIGHT = 200;
const RIM = 16;

/** The sizes of one image as a line with its builds as points; what each is, its points say. */
function historyChart({ name, history }: ReportImage, width: number): HTMLElement {
  const most = Math.max(...history.map(({ bytes }) => bytes));
  const top = roundUp(most);
  const points = linePoints(history, { width, height: HEIGHT, rim: RIM }, top);
  const line = pointsText(points);
  const floor = HEIGHT - RIM;
  const grid = [0, 0.5, 1].map((share) => {
    const y = floor - share * (HEIGHT - 2 * RIM);
    const ends = { x1: 0, x2: width, y1: y, y2: y };
    return svg("line", { class: "grid", ...ends, "vector-effect": "non-scaling-stroke" });
  });
  const dots = points.map(({ x, y }, at) => {
    const { at: when, bytes, layers } = history[at]!;
    const said = `${timeText(when)}: ${sizeText(bytes)} in ${counted(layers, "layer")}`;
    return svg(
      "circle",
      { cx: x.toFixed(1), cy: y.toFixed(1), r: history.length > 60 ? 2.5 : 4 },
      svg("title", {}, said),
    );
  });
  const area = `${points[0]!.x.toFixed(1)},${floor} ${line} ${points.at(-1)!.x.toFixed(1)},${floor}`;
  const picture = svg(
    "svg",
    {
      class: "chart",
      viewBox: `0 0 ${width} ${HEIGHT}`,
      role: "img",
      "aria-label": `Sizes of ${name}: ${sizeText(history[0]!.bytes)} at first, ${sizeText(history.at(-1)!.bytes)} now, at most ${sizeText(most)}`,
    },
    ...grid,
    svg("polygon", { points: area }),
    svg("polyline", { points: line }),
    ...dots,
  );
  const axis = [top, top / 2, 0].map((bytes) => el("span", {}, sizeText(bytes)));
  return el("div", { class: "plot" }, el("div", { class: "axis", "aria-hidden": "true" }, ...axis), picture);
}
