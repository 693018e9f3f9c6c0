// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { welcome } from "../parts/portrait.js";
import { openDialog, textField, validate } from "../parts/dialogs.js";
import { notice } from "../parts/notices.js";
import { admin, explain } from "../interface.js";
import { session } from "../session.js";
import { t } from "../strings.js";

/// Only pages of this server are gone to after log-in.
function wantedAddress(context) {
  const next = context.query.get("next") ?? "/";
  return next.startsWith("/") && !next.startsWith("//") && !next.startsWith("/\\") ? next : "/";
}

export async function logInPage(context) {
  const configuration = await admin.configuration();
  if (configuration.firstRun) { context.go("/sign-up", { replace: true }); return null; }
  const failure = h("div", { hidden: true });
  const submit = h("button", { class: "button button-primary button-wide", type: "submit" }, t("action.log-in"));
  const form = h(
    "form",
    {
      class: "stack", novalidate: true,
      async onsubmit(event) {
        event.preventDefault();
        if (submit.getAttribute("aria-busy") === "true" || !validate(form)) return;
        submit.setAttribute("aria-busy", "true");
        failure.hidden = true;
        try {
          await admin.logIn(form.elements.username.value.trim(), form.elements.password.value);
          session.clear();
          await context.go(wantedAddress(context), { replace: true });
        } catch (error) {
          failure.replaceChildren(notice("danger", error.message === "User is disabled" ? t("log-in.unconfirmed")
            : error.status === 400 ? t("log-in.wrong") : explain(error)));
          failure.hidden = false;
          form.elements.password.select();
        } finally {
          submit.removeAttribute("aria-busy");
        }
      },
    },
    failure,
    context.query.has("confirmed") && notice("success", t("log-in.confirmed")),
    context.query.has("reset") && notice("success", t("log-in.reset")),
    textField({ label: t("person.email"), name: "username", type: "email", autocomplete: "username", required: true, autofocus: true }),
    textField({ label: t("person.password"), name: "password", type: "password", autocomplete: "current-password", required: true }),
    submit,
    configuration.mailServiceEnabled
      ? h("button", { type: "button", class: "link-button small", onclick: () => forgotPassword() }, t("log-in.forgot"))
      : h("p", { class: "muted small" }, t("log-in.forgot-without-mail")),
  );
  return {
    title: t("log-in.title"),
    content: welcome([
      h("div", { class: "stack-tight" }, h("h1", null, t("log-in.heading")), h("p", { class: "muted" }, t("log-in.text"))),
      form,
      (configuration.signUp ?? "open") === "open" &&
        h("p", { class: "welcome-foot" }, t("log-in.new"), " ", h("a", { href: "/sign-up" }, t("log-in.sign-up"))),
      configuration.demoEnabled && h("p", { class: "small" }, h("a", { href: "/demo" }, t("log-in.demo"))),
    ]),
  };
}

async function forgotPassword() {
  const sent = await openDialog({
    title: t("forgot.title"), text: t("forgot.text"), submitLabel: t("forgot.send"),
    body: [textField({ label: t("person.email"), name: "email", type: "email", autocomplete: "username", required: true })],
    submit: async (data) => {
      await admin.forgotPassword(data.get("email").trim());
      return data.get("email").trim();
    },
  });
  if (sent) await openDialog({ title: t("forgot.sent"), text: t("forgot.sent-text", { email: sent }) });
}
