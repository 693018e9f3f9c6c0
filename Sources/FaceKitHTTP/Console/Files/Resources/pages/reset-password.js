// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { welcome } from "../parts/portrait.js";
import { textField, validate } from "../parts/dialogs.js";
import { notice } from "../parts/notices.js";
import { admin, explain } from "../interface.js";
import { t } from "../strings.js";

export async function resetPasswordPage(context) {
  const token = context.query.get("token") ?? "";
  const failure = h("div", { hidden: true });
  const submit = h("button", { class: "button button-primary button-wide", type: "submit" }, t("reset.save"));
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
          await admin.resetPassword(token, form.elements.password.value);
          await context.go("/login?reset=1", { replace: true });
        } catch (error) {
          failure.replaceChildren(notice("danger", explain(error)));
          failure.hidden = false;
        } finally {
          submit.removeAttribute("aria-busy");
        }
      },
    },
    failure,
    textField({ label: t("person.new-password"), name: "password", type: "password", autocomplete: "new-password", required: true, minlength: 8, maxlength: 255, hint: t("person.password-hint"), autofocus: true }),
    textField({
      label: t("person.password-again"), name: "again", type: "password", autocomplete: "new-password", required: true, reveal: false,
      check: (value, whole) => (value === whole.elements.password.value ? null : t("person.password-differs")),
    }),
    submit,
  );
  return {
    title: t("reset.title"),
    content: welcome([
      h("div", { class: "stack-tight" }, h("h1", null, t("reset.title")), h("p", { class: "muted" }, t("reset.text"))),
      token ? form : notice("danger", t("failure.admin.30")),
      h("p", { class: "welcome-foot" }, h("a", { href: "/login" }, t("reset.back"))),
    ]),
  };
}
