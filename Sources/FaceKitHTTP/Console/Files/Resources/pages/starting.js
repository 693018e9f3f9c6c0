// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { admin } from "../interface.js";
import { t } from "../strings.js";

/// Shown while the server is not ready yet; goes on by itself.
export function startingPage(context) {
  const timer = setInterval(async () => {
    try {
      if ((await admin.status()).status === "OK") { clearInterval(timer); context.redraw(); }
    } catch { /* the next turn may reach it */ }
  }, 1500);
  context.signal.addEventListener("abort", () => clearInterval(timer));
  return h(
    "div",
    { class: "narrow-page" },
    h("div", { class: "empty", role: "status" },
      h("div", { class: "spinner" }), h("h1", null, t("starting.title")), h("p", null, t("starting.text"))),
  );
}
