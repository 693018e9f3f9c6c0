// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, identifier } from "./elements.js";
import { copyButton } from "./keys.js";

/// A block of code with tabs, one per form: `[{ label, text, language }]`.
export function codeTabs(forms, { label } = {}) {
  let current = forms[0];
  const panel = identifier("code");
  const place = h("pre", { class: "code", id: panel, tabindex: "0", role: forms.length > 1 ? "tabpanel" : null, "aria-label": label });
  const tabs = forms.map((form, index) => h("button", {
    type: "button", role: "tab", "aria-controls": panel, "aria-selected": "false", tabindex: "-1",
    onclick: () => show(form),
    onkeydown(event) {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move) return;
      const next = (index + move + forms.length) % forms.length;
      show(forms[next]);
      tabs[next].focus();
    },
  }, form.label));
  function show(form) {
    current = form;
    place.replaceChildren(form.language === "json" ? colouredJSON(form.text) : form.text);
    tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(forms[index] === form));
      tab.tabIndex = forms[index] === form ? 0 : -1;
    });
  }
  show(current);
  return h(
    "div",
    { class: "code-block" },
    h("div", { class: "code-head" },
      forms.length > 1 ? h("div", { class: "segments", role: "tablist", "aria-label": label }, tabs) : h("span", { class: "small muted" }, forms[0].label),
      copyButton(() => current.copy ?? current.text)),
    place,
  );
}

/// `value` as indented JSON; lists of more than 16 numbers are shortened.
export function shortJSON(value) {
  const shortened = (each) => {
    if (Array.isArray(each)) {
      if (each.length > 16 && typeof each[0] === "number") return `⟨${each.slice(0, 3).join(", ")}, … ${each.length}⟩`;
      return each.map(shortened);
    }
    if (each && typeof each === "object") return Object.fromEntries(Object.entries(each).map(([key, inner]) => [key, shortened(inner)]));
    return each;
  };
  return JSON.stringify(shortened(value), null, 2)
    .replace(/"⟨(.*?)⟩"/g, "[$1]")
    .replace(/\[\s+(-?[\d.]+),\s+(-?[\d.]+)\s+\]/g, "[$1, $2]");
}

function colouredJSON(text) {
  const fragment = document.createDocumentFragment();
  const pattern = /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
  let end = 0;
  for (const found of text.matchAll(pattern)) {
    fragment.append(text.slice(end, found.index));
    const kind = found[1] ? (found[2] ? "name" : "text") : found[3] ? "word" : "number";
    fragment.append(h("span", { class: `json-${kind}` }, found[1] ?? found[0]));
    if (found[2]) fragment.append(found[2]);
    end = found.index + found[0].length;
  }
  fragment.append(text.slice(end));
  return fragment;
}
