// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, s } from "./elements.js";
import { number } from "../strings.js";

const height = 210;
const margins = { left: 40, right: 8, top: 10, bottom: 24 };
/// Pixels from one label below the bars to the next.
const labelWidth = 100;

/// Bars for `points` ({ label, title, value }), oldest first, with a table of the same for screen readers.
///
/// Drawn anew whenever its place gets another width, so that text keeps its size.
export function barChart({ label, points, columns }) {
  const place = h("div", { class: "chart-place", "aria-hidden": "true" });
  new ResizeObserver(([entry]) => {
    const width = Math.round(entry.contentRect.width);
    if (width > 0) place.replaceChildren(bars(points, width));
  }).observe(place);
  return h(
    "figure",
    { class: "chart-figure" },
    place,
    h(
      "table",
      { class: "visually-hidden" },
      h("caption", null, label),
      h("thead", null, h("tr", null, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", null, points.filter((point) => point.value > 0).map((point) =>
        h("tr", null, h("th", { scope: "row" }, point.title), h("td", null, number(point.value))))),
    ),
  );
}

function bars(points, width) {
  const { left, right, top, bottom } = margins;
  const highest = niceCeiling(Math.max(1, ...points.map((point) => point.value)));
  const slot = (width - left - right) / points.length;
  const bar = Math.min(slot * 0.68, 44);
  const y = (value) => top + (height - top - bottom) * (1 - value / highest);
  const lines = [0, 0.5, 1].map((share) => share * highest).filter((value, index, all) => Number.isInteger(value) || index !== 1 || all[2] > 1);
  const every = Math.ceil(labelWidth / slot);
  return s(
    "svg",
    { class: "chart", width, height, viewBox: `0 0 ${width} ${height}` },
    lines.map((value) => [
      s("line", { class: "chart-line", x1: left, x2: width - right, y1: y(value), y2: y(value) }),
      s("text", { class: "chart-text", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value, { notation: "compact" })),
    ]),
    points.map((point, index) => {
      const x = left + slot * index + (slot - bar) / 2;
      const isLast = index === points.length - 1;
      return s(
        "g",
        { class: "chart-bar" },
        s("rect", { class: "chart-target", x: left + slot * index, y: top, width: slot, height: height - top - bottom }),
        s("rect", { class: "chart-value", x, y: y(point.value), width: bar, height: Math.max(0, y(0) - y(point.value)), rx: Math.min(3, bar / 3) }),
        s("title", null, `${point.title}: ${number(point.value)}`),
        // The last label ends with its bar where it would not fit below the middle.
        (points.length - 1 - index) % every === 0 && (isLast && slot < labelWidth
          ? s("text", { class: "chart-text", x: x + bar, y: height - 6, "text-anchor": "end" }, point.label)
          : s("text", { class: "chart-text", x: x + bar / 2, y: height - 6, "text-anchor": "middle" }, point.label)),
      );
    }),
  );
}

function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]) if (step * power >= value) return step * power;
  return value;
}
