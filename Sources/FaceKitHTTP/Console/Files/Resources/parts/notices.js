// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "./elements.js";
import { icon } from "./icons.js";
import { t } from "../strings.js";

/// A lasting notice inside a page. `kind` is info, success, warning or danger.
export function notice(kind, ...content) {
  const icons = { info: "info", success: "check-circle", warning: "alert", danger: "alert" };
  return h(
    "div",
    { class: ["notice", kind !== "info" && `notice-${kind}`], role: kind === "danger" ? "alert" : null },
    icon(icons[kind]),
    h("div", { class: "stack-tight" }, content),
  );
}

/// A short notice that goes by itself; errors stay longer.
export function toast(text, kind = "success") {
  const element = h(
    "div",
    { class: ["toast", kind === "danger" && "toast-danger"] },
    icon(kind === "danger" ? "alert" : "check-circle"),
    h("span", null, text),
    h("button", { type: "button", "aria-label": t("action.close"), onclick: () => element.remove() }, icon("close")),
  );
  const place = document.getElementById("toasts");
  place.append(element);
  while (place.children.length > 3) place.firstChild.remove();
  setTimeout(() => element.remove(), kind === "danger" ? 9000 : 4000);
}

/// What a list shows when it holds nothing.
export function emptyState({ icon: name, tone = "accent", title, text, actions = [], level = "h2" }) {
  return h(
    "div",
    { class: "empty" },
    h("div", { class: `tile tile-${tone}` }, icon(name, "icon-large")),
    h(level, null, title),
    text && h("p", null, text),
    actions.length > 0 && h("div", { class: "row" }, actions),
  );
}

/// A page or part that could not be loaded, with the way to try again.
export function failureState(text, retry, level = "h2") {
  return emptyState({
    level,
    icon: "alert", tone: "danger", title: t("failure.title"), text,
    actions: retry ? [h("button", { type: "button", class: "button", onclick: retry }, icon("refresh"), t("action.retry"))] : [],
  });
}

/// Lines that stand for what is being loaded.
export function skeletonRows(count) {
  return h(
    "div",
    { "aria-hidden": "true" },
    Array.from({ length: count }, () => h(
      "div",
      { class: "list-row" },
      h("div", { class: "skeleton tile" }),
      h("div", { class: "list-main stack-tight" },
        h("div", { class: "skeleton skeleton-title" }), h("div", { class: "skeleton skeleton-text" })),
    )),
  );
}
