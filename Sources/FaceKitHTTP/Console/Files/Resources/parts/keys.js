// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, copyText } from "./elements.js";
import { icon } from "./icons.js";
import { toast } from "./notices.js";
import { t } from "../strings.js";

/// A button that copies what `text()` returns.
export function copyButton(text, { label = t("action.copy"), small = true, plain = false } = {}) {
  const button = h(
    "button",
    {
      type: "button", class: ["button button-quiet", small && "button-small", plain && "button-icon"],
      "aria-label": label, title: label,
      async onclick() {
        try {
          await copyText(text());
          toast(t("notice.copied"));
        } catch {
          toast(t("failure.copy"), "danger");
        }
      },
    },
    icon("copy"),
    plain ? null : t("action.copy"),
  );
  return button;
}

/// An API key, hidden but for its end until asked for, with a button that copies it.
export function keyField(key) {
  const hidden = `••••••••-${key.slice(-12)}`;
  const text = h("code", { class: "key-text", "aria-label": t("key.hidden", { end: key.slice(-4) }) }, hidden);
  let shown = false;
  const reveal = h(
    "button",
    {
      type: "button", class: "button button-quiet button-icon button-small", "aria-pressed": "false",
      "aria-label": t("key.show"), title: t("key.show"),
      onclick() {
        shown = !shown;
        text.textContent = shown ? key : hidden;
        if (shown) text.removeAttribute("aria-label");
        else text.setAttribute("aria-label", t("key.hidden", { end: key.slice(-4) }));
        reveal.setAttribute("aria-pressed", String(shown));
        reveal.replaceChildren(icon(shown ? "eye-off" : "eye"));
      },
    },
    icon("eye"),
  );
  return h("div", { class: "key-field" }, text, reveal, copyButton(() => key, { label: t("key.copy"), plain: true }));
}
