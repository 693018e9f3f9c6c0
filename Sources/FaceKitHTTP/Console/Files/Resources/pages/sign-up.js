// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { welcome } from "../parts/portrait.js";
import { textField, validate, showFieldFailure } from "../parts/dialogs.js";
import { notice, emptyState } from "../parts/notices.js";
import { admin, explain } from "../interface.js";
import { session } from "../session.js";
import { t } from "../strings.js";

export async function signUpPage(context) {
  const configuration = await admin.configuration();
  const invitation = context.query.get("invitation");
  const invitedEmail = context.query.get("email");
  if (configuration.signUp === "invitation" && !invitation && !configuration.firstRun) {
    return {
      title: t("sign-up.title"),
      content: welcome(emptyState({
        icon: "shield", title: t("sign-up.closed"), text: t("sign-up.closed-text"), level: "h1",
        actions: [h("a", { class: "button button-primary", href: "/login" }, t("action.log-in"))],
      })),
    };
  }
  const first = configuration.firstRun === true;
  const failure = h("div", { hidden: true });
  const submit = h("button", { class: "button button-primary button-wide", type: "submit" }, first ? t("sign-up.create-owner") : t("action.sign-up"));
  const form = h(
    "form",
    {
      class: "stack", novalidate: true,
      async onsubmit(event) {
        event.preventDefault();
        if (submit.getAttribute("aria-busy") === "true" || !validate(form)) return;
        submit.setAttribute("aria-busy", "true");
        failure.hidden = true;
        const field = (name) => form.elements[name].value;
        try {
          await admin.register({
            firstName: field("firstName").trim(), lastName: field("lastName").trim(), email: field("email").trim(),
            password: field("password"), isAllowStatistics: false, ...(invitation ? { invitation } : {}),
          });
          if (configuration.mailServiceEnabled && !invitation && !first) return confirmByMail(context, field("email").trim());
          await admin.logIn(field("email").trim(), field("password"));
          session.clear();
          await context.go(first ? "/create-application" : "/", { replace: true });
        } catch (error) {
          if (error.code === 4 || error.code === 22) {
            showFieldFailure(form.elements.email, explain(error));
            form.elements.email.focus();
          } else if (error.message === "User is disabled") {
            confirmByMail(context, field("email").trim());
          } else {
            failure.replaceChildren(notice("danger", explain(error)));
            failure.hidden = false;
          }
        } finally {
          submit.removeAttribute("aria-busy");
        }
      },
    },
    failure,
    h("div", { class: "field-row" },
      textField({ label: t("person.first-name"), name: "firstName", autocomplete: "given-name", required: true, maxlength: 50, autofocus: true }),
      textField({ label: t("person.last-name"), name: "lastName", autocomplete: "family-name", required: true, maxlength: 50 })),
    textField({
      label: t("person.email"), name: "email", type: "email", autocomplete: "username", required: true, maxlength: 63,
      value: invitedEmail ?? "", readonly: Boolean(invitedEmail),
    }),
    textField({ label: t("person.password"), name: "password", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 255, hint: t("person.password-hint") }),
    textField({
      label: t("person.password-again"), name: "again", type: "password", autocomplete: "new-password", required: true, reveal: false,
      check: (value, whole) => (value === whole.elements.password.value ? null : t("person.password-differs")),
    }),
    submit,
  );
  return {
    title: t("sign-up.title"),
    content: welcome([
      h("div", { class: "stack-tight" },
        first && h("span", { class: "badge badge-accent first-badge" }, icon("check-circle"), t("sign-up.running")),
        h("h1", null, first ? t("sign-up.first-heading") : t("sign-up.heading")),
        h("p", { class: "muted" }, first ? t("sign-up.first-text") : t("sign-up.text"))),
      form,
      first
        ? configuration.demoEnabled && h("p", { class: "welcome-foot" }, h("a", { href: "/demo" }, t("log-in.demo")))
        : h("p", { class: "welcome-foot" }, t("sign-up.known"), " ", h("a", { href: "/login" }, t("action.log-in"))),
    ]),
  };
}

function confirmByMail(context, email) {
  document.getElementById("main").replaceChildren(welcome(emptyState({
    icon: "check-circle", title: t("sign-up.confirm"), text: t("sign-up.confirm-text", { email }), level: "h1",
    actions: [h("a", { class: "button", href: "/login" }, t("action.log-in"))],
  })));
}
