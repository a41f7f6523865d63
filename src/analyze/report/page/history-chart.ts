import { sizeText } from "../../../core/size.js";
import type { ReportImage } from "../report-data.js";
import { el, svg } from "./element.js";
import { linePoints, roundUp } from "./line-points.js";
import { counted, timeText } from "./words.js";

const HEIGHT = 200;
const RIM = 16;

/** The sizes of one image as a line with its builds as points; what each is, its points say. */
export function historyChart({ name, history }: ReportImage, width: number): HTMLElement {
  const room = { width, height: HEIGHT, rim: RIM };
  const top = roundUp(Math.max(...history.map(({ bytes }) => bytes)));
  const points = linePoints(history, room, top);
  const line = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
  const floor = HEIGHT - RIM;
  const grid = [0, 0.5, 1].map((share) => {
    const y = floor - share * (HEIGHT - 2 * RIM);
    return svg("line", {
      class: "grid",
      x1: 0,
      x2: width,
      y1: y,
      y2: y,
      "vector-effect": "non-scaling-stroke",
    });
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
      "aria-label": `Sizes of ${name}: ${sizeText(history[0]!.bytes)} at first, ${sizeText(history.at(-1)!.bytes)} now, at most ${sizeText(Math.max(...history.map(({ bytes }) => bytes)))}`,
    },
    ...grid,
    svg("polygon", { points: area }),
    svg("polyline", { points: line }),
    ...dots,
  );
  const axis = [top, top / 2, 0].map((bytes) => el("span", {}, sizeText(bytes)));
  return el("div", { class: "plot" }, el("div", { class: "axis", "aria-hidden": "true" }, ...axis), picture);
}
