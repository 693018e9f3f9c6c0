// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, s } from "./elements.js";
import { number } from "../strings.js";

/// Bars for `points` ({ label, title, value }), oldest first, with a table of the same for screen readers.
export function barChart({ label, points, columns }) {
  const narrow = matchMedia("(max-width: 40rem)").matches;
  const width = narrow ? 360 : 720;
  const height = 210;
  const left = 40;
  const bottom = 24;
  const top = 10;
  const highest = niceCeiling(Math.max(1, ...points.map((point) => point.value)));
  const slot = (width - left) / points.length;
  const bar = Math.min(slot * 0.68, 44);
  const y = (value) => top + (height - top - bottom) * (1 - value / highest);
  const lines = [0, 0.5, 1].map((share) => share * highest).filter((value, index, all) => Number.isInteger(value) || index !== 1 || all[2] > 1);
  const every = Math.ceil(points.length / (narrow ? 4 : 8));
  const chart = s(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "xMidYMid meet" },
    lines.map((value) => [
      s("line", { class: "chart-line", x1: left, x2: width, y1: y(value), y2: y(value) }),
      s("text", { class: "chart-text", x: left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value, { notation: "compact" })),
    ]),
    points.map((point, index) => {
      const x = left + slot * index + (slot - bar) / 2;
      return s(
        "g",
        { class: "chart-bar" },
        s("rect", { class: "chart-target", x: left + slot * index, y: top, width: slot, height: height - top - bottom }),
        s("rect", { class: "chart-value", x, y: y(point.value), width: bar, height: Math.max(0, y(0) - y(point.value)), rx: Math.min(3, bar / 3) }),
        s("title", null, `${point.title}: ${number(point.value)}`),
        (points.length - 1 - index) % every === 0 &&
          s("text", { class: "chart-text", x: x + bar / 2, y: height - 6, "text-anchor": "middle" }, point.label),
      );
    }),
  );
  return h(
    "figure",
    { class: "chart-figure" },
    chart,
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

function niceCeiling(value) {
  const power = 10 ** Math.floor(Math.log10(value));
  for (const step of [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]) if (step * power >= value) return step * power;
  return value;
}
