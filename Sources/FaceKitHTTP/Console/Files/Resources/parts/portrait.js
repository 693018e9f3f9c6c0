// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, s } from "./elements.js";
import { t } from "../strings.js";

/// The two halves of the pages before log-in: a form, and what this is for.
export function welcome(content) {
  return h("div", { class: "welcome" }, h("div", { class: "welcome-form" }, content), aside());
}

function aside() {
  const points = ["recognize", "private", "compatible"];
  return h(
    "aside",
    { class: "welcome-aside" },
    h("div", { class: "welcome-drawing", "aria-hidden": "true" }, drawing()),
    h("p", { class: "welcome-claim" }, t("welcome.claim")),
    h("ul", { class: "welcome-points" }, points.map((point) => h("li", null, t(`welcome.point.${point}`)))),
  );
}

/// A face as the software sees it: box, landmarks, the mesh between them.
function drawing() {
  const points = [
    [120, 62], [158, 66], [192, 84], [214, 116], [222, 156], [216, 198], [198, 236], [170, 264], [140, 278], [110, 276],
    [82, 258], [62, 228], [52, 190], [50, 152], [58, 114], [82, 80],
    [92, 138], [108, 130], [124, 138], [108, 145], [152, 138], [168, 130], [184, 138], [168, 145],
    [138, 150], [136, 178], [124, 196], [138, 202], [152, 196], [112, 226], [138, 220], [164, 226], [138, 240],
  ];
  const edges = [
    [0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 7], [7, 8], [8, 9], [9, 10], [10, 11], [11, 12], [12, 13], [13, 14], [14, 15], [15, 0],
    [16, 17], [17, 18], [18, 19], [19, 16], [20, 21], [21, 22], [22, 23], [23, 20], [24, 25], [25, 26], [26, 27], [27, 28], [28, 25],
    [29, 30], [30, 31], [31, 32], [32, 29], [0, 17], [0, 24], [1, 21], [2, 21], [3, 22], [4, 22], [14, 16], [15, 17], [13, 16], [12, 16],
    [5, 31], [6, 31], [7, 32], [8, 32], [9, 32], [10, 29], [11, 29], [12, 26], [18, 24], [20, 24], [19, 26], [23, 28], [26, 29], [28, 31],
    [27, 30], [5, 28], [22, 28], [16, 26],
  ];
  return s(
    "svg",
    { viewBox: "0 0 272 340", class: "portrait" },
    edges.map(([a, b]) => s("line", { class: "portrait-edge", x1: points[a][0], y1: points[a][1], x2: points[b][0], y2: points[b][1] })),
    points.map(([x, y], index) => s("circle", { class: index >= 16 ? "portrait-landmark" : "portrait-point", cx: x, cy: y, r: index >= 16 ? 2.6 : 2 })),
    s("path", { class: "portrait-box", d: "M28 70V52a14 14 0 0 1 14-14h18M212 38h18a14 14 0 0 1 14 14v18M244 270v18a14 14 0 0 1-14 14h-18M60 302H42a14 14 0 0 1-14-14v-18" }),
    s("rect", { class: "portrait-tag", x: 28, y: 8, width: 96, height: 22, rx: 6 }),
    s("text", { class: "portrait-tag-text", x: 38, y: 23 }, "Anna  0.98"),
  );
}
