// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead, appearance, useAppearance } from "../parts/frame.js";
import { toast, notice } from "../parts/notices.js";
import { textField, selectField, validate, showFieldFailure } from "../parts/dialogs.js";
import { admin, explain } from "../interface.js";
import { session } from "../session.js";
import { t, date, language, languages, useLanguage } from "../strings.js";

export async function settingsPage(context) {
  const sessions = await admin.sessions().catch((error) => { if (error.status === 404) return []; throw error; });
  return {
    title: t("section.settings"),
    content: [
      pageHead({ title: t("section.settings") }),
      h("div", { class: "stack settings" }, profilePart(context), passwordPart(), displayPart(context), sessions.length > 0 && sessionPart(sessions, context)),
    ],
  };
}

function part(title, text, ...content) {
  return h("section", { class: "card setting-part" },
    h("div", { class: "stack-tight" }, h("h2", null, title), h("p", { class: "muted small" }, text)), h("div", { class: "stack" }, content));
}

function savingForm(fields, label, save, { failed } = {}) {
  const failure = h("div", { hidden: true });
  const button = h("button", { type: "submit", class: "button button-primary" }, label);
  const form = h("form", {
    class: "stack", novalidate: true,
    async onsubmit(event) {
      event.preventDefault();
      if (button.getAttribute("aria-busy") === "true" || !validate(form)) return;
      button.setAttribute("aria-busy", "true");
      failure.hidden = true;
      try {
        await save(form);
      } catch (error) {
        if (failed?.(error, form)) return;
        failure.replaceChildren(notice("danger", explain(error)));
        failure.hidden = false;
      } finally {
        button.removeAttribute("aria-busy");
      }
    },
  }, failure, fields, h("div", null, button));
  return form;
}

function profilePart(context) {
  const user = session.user;
  return part(t("settings.profile"), t("settings.profile-text"), savingForm([
    h("div", { class: "field-row" },
      textField({ label: t("person.first-name"), name: "firstName", value: user.firstName, required: true, maxlength: 50, autocomplete: "given-name" }),
      textField({ label: t("person.last-name"), name: "lastName", value: user.lastName, required: true, maxlength: 50, autocomplete: "family-name" })),
    textField({ label: t("person.email"), name: "email", value: user.email, readonly: true, hint: t("settings.email-text") }),
  ], t("action.save"), async (form) => {
    session.user = await admin.updateMe({ firstName: form.elements.firstName.value.trim(), lastName: form.elements.lastName.value.trim() });
    toast(t("settings.saved"));
    context.redraw();
  }));
}

function passwordPart() {
  return part(t("settings.password"), t("settings.password-text"), savingForm([
    h("input", { type: "text", name: "username", autocomplete: "username", value: session.user.email, hidden: true, readonly: true }),
    textField({ label: t("person.old-password"), name: "old", type: "password", required: true, autocomplete: "current-password" }),
    h("div", { class: "field-row" },
      textField({ label: t("person.new-password"), name: "password", type: "password", required: true, minlength: 8, maxlength: 255, autocomplete: "new-password", hint: t("person.password-hint") }),
      textField({
        label: t("person.password-again"), name: "again", type: "password", required: true, autocomplete: "new-password", reveal: false,
        check: (value, form) => (value === form.elements.password.value ? null : t("person.password-differs")),
      })),
  ], t("settings.change-password"), async (form) => {
    await admin.changePassword(form.elements.old.value, form.elements.password.value);
    form.reset();
    toast(t("settings.password-changed"));
  }, {
    failed: (error, form) => {
      if (error.code !== 18) return false;
      showFieldFailure(form.elements.old, t("failure.admin.18"));
      form.elements.old.focus();
      return true;
    },
  }));
}

function displayPart(context) {
  return part(t("settings.display"), t("settings.display-text"),
    h("div", { class: "field-row" },
      selectField({
        label: t("frame.language"), value: language(), options: Object.entries(languages).map(([value, label]) => ({ value, label })),
        onchange: (event) => { useLanguage(event.target.value); context.redraw(); },
      }),
      selectField({
        label: t("frame.appearance"), value: appearance(),
        options: ["system", "light", "dark"].map((value) => ({ value, label: t(`appearance.${value}`) })),
        onchange: (event) => useAppearance(event.target.value),
      })));
}

function sessionPart(sessions, context) {
  return part(t("settings.sessions"), t("settings.sessions-text"),
    h("ul", { class: "list session-list" }, sessions.map((each) => h("li", { class: "row-between" },
      h("div", { class: "list-main" },
        h("span", { class: "list-title truncate" }, browserName(each.userAgent), each.current && h("span", { class: "badge badge-accent session-badge" }, t("settings.this-session"))),
        h("span", { class: "muted small" }, t("settings.session-since", { date: date(each.createdDate, { dateStyle: "medium", timeStyle: "short" }) }), each.address && ` · ${each.address}`)),
      !each.current && h("button", {
        type: "button", class: "button button-small",
        async onclick() {
          try {
            await admin.endSession(each.id);
            toast(t("settings.session-ended"));
            context.redraw();
          } catch (error) { toast(explain(error), "danger"); }
        },
      }, icon("logout"), t("settings.end-session"))))));
}

function browserName(text) {
  if (!text) return t("settings.unknown-browser");
  const browsers = [["Edg/", "Edge"], ["OPR/", "Opera"], ["Firefox/", "Firefox"], ["Chrome/", "Chrome"], ["Safari/", "Safari"], ["curl/", "curl"], ["python", "Python"]];
  const systems = [["Android", "Android"], ["iPhone", "iOS"], ["iPad", "iPadOS"], ["Windows", "Windows"], ["Mac OS", "macOS"], ["Linux", "Linux"]];
  const name = browsers.find(([part]) => text.includes(part))?.[1];
  const system = systems.find(([part]) => text.includes(part))?.[1];
  return [name ?? text.slice(0, 40), system].filter(Boolean).join(" · ");
}
