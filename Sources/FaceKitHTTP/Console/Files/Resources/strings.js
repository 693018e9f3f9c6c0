// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import english from "./strings/english.js";
import chinese from "./strings/chinese.js";

/// The languages the pages speak, by code, each named in itself.
export const languages = { en: "English", zh: "简体中文" };

const tables = { en: english, zh: chinese };

function preferred() {
  const chosen = read("facekit.language");
  if (chosen in tables) return chosen;
  for (const language of navigator.languages ?? [navigator.language]) {
    const code = language.toLowerCase().split("-")[0];
    if (code in tables) return code;
  }
  return "en";
}

function read(key) {
  try { return localStorage.getItem(key); } catch { return null; }
}

let current = preferred();
document.documentElement.lang = current === "zh" ? "zh-Hans" : current;

/// The code of the language in use.
export function language() { return current; }

/// Uses another language from now on; what is already drawn stays as it is.
export function useLanguage(code) {
  current = code;
  document.documentElement.lang = code === "zh" ? "zh-Hans" : code;
  try { localStorage.setItem("facekit.language", code); } catch { /* kept for this page only */ }
}

/// The text of `key` with `{name}` replaced by `values.name`. A text may depend on a count `values.n`: then its
/// table holds `key.one` and `key.other` (the categories of `Intl.PluralRules`).
export function t(key, values = {}) {
  const table = tables[current];
  let text = table[key];
  if (text === undefined && "n" in values) {
    text = table[`${key}.${new Intl.PluralRules(current).select(values.n)}`] ?? table[`${key}.other`];
  }
  if (text === undefined) text = english[key] ?? english[`${key}.other`] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    if (!(name in values)) return whole;
    return typeof values[name] === "number" ? number(values[name]) : values[name];
  });
}

/// Whether there is a text for `key`.
export function hasText(key) { return key in english; }

export function number(value, options) { return new Intl.NumberFormat(current, options).format(value); }

export function date(value, options = { dateStyle: "medium" }) {
  return new Intl.DateTimeFormat(current, options).format(value instanceof Date ? value : parsedDate(value));
}

/// Dates of the interface come without a zone and mean UTC.
export function parsedDate(text) {
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return new Date(`${text}T00:00:00`);
  return new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(text) ? text : `${text}Z`);
}

export function bytes(count) {
  if (count < 1024 * 1024) return `${number(Math.max(1, Math.round(count / 1024)))} KB`;
  return `${number(count / 1024 / 1024, { maximumFractionDigits: 1 })} MB`;
}
