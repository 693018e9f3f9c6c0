// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

const propertyNames = new Set(["value", "checked", "disabled", "selected", "indeterminate", "files", "srcObject", "muted"]);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", Array.isArray(value) ? value.filter(Boolean).join(" ") : value);
    else if (propertyNames.has(name)) element[name] = value;
    else element.setAttribute(name, value === true && !name.startsWith("aria-") ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/// Makes an HTML element. `on…` attributes are listeners; `null` and `false` leave an attribute or a child out.
export function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/// Makes an SVG element.
export function s(name, attributes, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

let lastIdentifier = 0;

/// A fresh identifier, to tie labels and hints to fields.
export function identifier(prefix = "e") {
  lastIdentifier += 1;
  return `${prefix}${lastIdentifier}`;
}

/// Tells a screen reader `text`.
export function announce(text) {
  const announcer = document.getElementById("announcer");
  announcer.textContent = "";
  requestAnimationFrame(() => { announcer.textContent = text; });
}

/// Calls `action` once `delay` milliseconds have passed without another call.
export function debounced(delay, action) {
  let timer;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...values), delay);
  };
}

/// Puts `text` on the clipboard; also where the page has no secure origin.
export async function copyText(text) {
  if (navigator.clipboard && window.isSecureContext) {
    await navigator.clipboard.writeText(text);
    return;
  }
  const field = h("textarea", { class: "visually-hidden", readonly: true, value: text });
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  if (!copied) throw new Error("copy");
}
