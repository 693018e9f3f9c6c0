// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, identifier } from "./elements.js";
import { notice } from "./notices.js";
import { explain } from "../interface.js";
import { t } from "../strings.js";

/// Shows a dialog with a form and waits until it is closed.
///
/// - `body`: elements between head and buttons, or a function of the dialog's `close(value)` that makes them.
/// - `submit`: called with the form's data; what it returns is the dialog's result. When it throws, the dialog stays
///   and shows why; without it the dialog has a single button that closes it.
/// - Returns: what `submit` returned, or `undefined` when the dialog was left.
export function openDialog({
  title, text, body = [], submit, submitLabel, danger = false, wide = false, cancelLabel, context = "admin",
}) {
  return new Promise((resolve) => {
    const heading = identifier("dialog");
    let result;
    const close = (value) => { result = value; dialog.close(); };
    const failure = h("div", { hidden: true });
    const accept = submit && h(
      "button",
      { type: "submit", class: ["button", danger ? "button-danger" : "button-primary"] },
      submitLabel ?? t("action.save"),
    );
    const form = h(
      "form",
      {
        novalidate: true,
        async onsubmit(event) {
          event.preventDefault();
          if (!submit) return close();
          if (accept.getAttribute("aria-busy") === "true") return;
          if (!validate(form)) return;
          accept.setAttribute("aria-busy", "true");
          failure.hidden = true;
          try {
            close(await submit(new FormData(form), form) ?? true);
          } catch (error) {
            if (error instanceof FieldFailure) {
              showFieldFailure(form.elements[error.field], error.message);
              form.elements[error.field]?.focus();
            } else {
              failure.replaceChildren(notice("danger", explain(error, context)));
              failure.hidden = false;
            }
          } finally {
            accept.removeAttribute("aria-busy");
          }
        },
      },
      h("div", { class: "dialog-head" }, h("h2", { id: heading }, title), text && h("p", null, text)),
      h("div", { class: "dialog-body" }, typeof body === "function" ? body(close) : body, failure),
      h(
        "div",
        { class: "dialog-foot" },
        submit && h("button", { type: "button", class: "button", onclick: () => close() }, cancelLabel ?? t("action.cancel")),
        accept ?? h("button", { type: "submit", class: "button button-primary" }, t("action.done")),
      ),
    );
    const dialog = h(
      "dialog",
      {
        class: ["dialog", wide && "dialog-wide"], "aria-labelledby": heading,
        onclose: () => { dialog.remove(); resolve(result); },
        onclick: (event) => { if (event.target === dialog && !submit) close(); },
      },
      form,
    );
    document.body.append(dialog);
    dialog.showModal();
    const first = dialog.querySelector("[autofocus], input:not([type=hidden]):not([readonly]), select, textarea");
    if (first) { first.focus(); first.select?.(); } else (danger ? dialog.querySelector(".dialog-foot .button") : accept)?.focus();
  });
}

/// Asks before something that cannot be undone. `action` does it.
export function confirmDialog({ title, text, label, action, typed, context, danger = true }) {
  const field = typed && textField({
    name: "typed", label: t("confirm.type", { text: typed }), required: true, autocomplete: "off",
    check: (value) => (value.trim() === typed ? null : t("confirm.mismatch", { text: typed })),
  });
  return openDialog({
    title, text, danger, submitLabel: label, body: field ? [field] : [], context,
    submit: async () => { await action(); return true; },
  });
}

/// A failure that belongs to one field of a form.
export class FieldFailure extends Error {
  constructor(field, message) { super(message); this.field = field; }
}

const checks = new WeakMap();

/// A labelled field with a place for its error. `check(value, form)` returns an error or `null`.
export function textField({ label, hint, check, type = "text", reveal = true, ...attributes }) {
  const id = identifier("field");
  const input = h("input", {
    id, class: "input", type, "aria-describedby": `${id}-hint ${id}-error`,
    oninput: () => showFieldFailure(input, null), ...attributes,
  });
  if (check) checks.set(input, check);
  let control = input;
  if (type === "password" && reveal) control = withReveal(input);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    hint && h("div", { class: "field-hint", id: `${id}-hint` }, hint),
    h("div", { class: "field-error", id: `${id}-error`, hidden: true, role: "alert" }),
  );
}

function withReveal(input) {
  const button = h("button", {
    type: "button", class: "link-button small", "aria-pressed": "false",
    onclick() {
      const shown = input.type === "text";
      input.type = shown ? "password" : "text";
      button.setAttribute("aria-pressed", String(!shown));
      button.textContent = shown ? t("action.show") : t("action.hide");
    },
  }, t("action.show"));
  return h("div", { class: "input-with-reveal" }, input, button);
}

/// A labelled choice among `options` ({value, label}).
export function selectField({ label, hint, options, value, ...attributes }) {
  const id = identifier("field");
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h(
      "select",
      { id, class: "select", "aria-describedby": hint ? `${id}-hint` : null, ...attributes },
      options.map((option) => h("option", { value: option.value, selected: option.value === value }, option.label)),
    ),
    hint && h("div", { class: "field-hint", id: `${id}-hint` }, hint),
  );
}

/// Shows or clears the error of a field made by `textField`.
export function showFieldFailure(input, message) {
  const place = input && document.getElementById(`${input.id}-error`);
  if (!place) return;
  place.textContent = message ?? "";
  place.hidden = !message;
  if (message) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
}

/// Checks every field of `form`, shows the errors and goes to the first. Returns whether all are right.
export function validate(form) {
  let first = null;
  for (const input of form.elements) {
    if (!input.id || !document.getElementById(`${input.id}-error`)) continue;
    const message = faultOf(input, form);
    showFieldFailure(input, message);
    if (message) first ??= input;
  }
  first?.focus();
  return !first;
}

function faultOf(input, form) {
  const value = input.value;
  if (input.required && !value.trim()) return t("field.required");
  if (value && input.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value.trim())) return t("field.email");
  if (value && input.minLength > 0 && value.length < input.minLength) return t("field.short", { n: input.minLength });
  if (input.maxLength > 0 && [...value].length > input.maxLength) return t("field.long", { n: input.maxLength });
  return checks.get(input)?.(value, form) ?? null;
}

/// The check of names of applications, services and subjects.
export function nameCheck(value) {
  return /[;/\\]/.test(value) ? t("field.name-characters") : null;
}
