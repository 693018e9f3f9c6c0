// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, announce } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { textField, validate, showFieldFailure, nameCheck } from "../parts/dialogs.js";
import { notice } from "../parts/notices.js";
import { keyField } from "../parts/keys.js";
import { codeTabs } from "../parts/code.js";
import { requestForms, servicePath } from "../parts/examples.js";
import { serviceTypes, serviceTile, serviceAddress, applicationAddress } from "../parts/services.js";
import { admin, explain } from "../interface.js";
import { session } from "../session.js";
import { t } from "../strings.js";

/// The way from an empty server to a first service, shown after the first sign-up.
export async function createApplicationPage(context) {
  if (!session.isGlobalAdministrator) { context.go("/", { replace: true }); return null; }
  const place = h("div", { class: "narrow-page stack-loose" });
  const show = (step, ...content) => {
    place.replaceChildren(stepList(step), ...content);
    const heading = place.querySelector("h1");
    heading.tabIndex = -1;
    if (place.isConnected) heading.focus();
    announce(heading.textContent);
  };
  nameApplication((application) => addService(application, (service) => done(application, service)));
  return { title: t("first.title"), content: place };

  function nameApplication(next) {
    show(1, step({
      heading: t("first.welcome", { name: session.user.firstName }), text: t("first.application-text"), label: t("action.continue"),
      fields: [textField({ label: t("application.name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", placeholder: t("application.name-example"), hint: t("first.application-hint") })],
      submit: (form) => admin.createApplication(form.elements.name.value.trim()), next,
      aside: h("a", { class: "button button-quiet", href: "/" }, t("first.later")),
    }));
  }

  function addService(application, next) {
    show(2, step({
      heading: t("first.service"), text: t("first.service-text"), label: t("first.create-service"),
      fields: [serviceTypeField(), textField({ label: t("service.name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", placeholder: t("service.name-example") })],
      submit: (form) => admin.createService(application.id, form.elements.name.value.trim(), form.elements.type.value), next,
      aside: h("a", { class: "button button-quiet", href: applicationAddress(application) }, t("first.later")),
    }));
  }

  function done(application, service) {
    const file = service.type === "VERIFY" ? { source_image: "one.jpg", target_image: "two.jpg" } : { file: "photo.jpg" };
    const steps = [
      service.type === "RECOGNITION" && { icon: "upload", id: "collection", href: serviceAddress("/manage-collection", application, service) },
      { icon: "photo", id: "test", href: serviceAddress("/test-model", application, service) },
      { icon: "people", id: "people", href: `${applicationAddress(application)}&tab=users` },
    ].filter(Boolean);
    show(3,
      h("div", { class: "stack-tight" }, h("h1", null, t("first.done", { name: service.name })), h("p", { class: "muted" }, t("first.done-text"))),
      h("ul", { class: "card list" }, steps.map((each) => h("li", null, h(
        "a",
        { class: "list-row", href: each.href },
        h("span", { class: "tile tile-accent", "aria-hidden": "true" }, icon(each.icon)),
        h("span", { class: "list-main" },
          h("span", { class: "list-title" }, t(`first.next.${each.id}`)),
          h("span", { class: "muted small" }, t(`first.next.${each.id}-text`))),
        icon("chevron", "muted"),
      )))),
      h("section", { class: "card" },
        h("div", { class: "card-head" }, h("h2", null, t("first.call"))),
        h("div", { class: "card-body stack" },
          h("div", { class: "field" }, h("span", { class: "field-label" }, t("service.key")), keyField(service.apiKey)),
          codeTabs(requestForms({ path: servicePath(service.type), key: service.apiKey, files: file }), { label: t("first.call") }))),
    );
  }
}

function stepList(current) {
  return h("ol", { class: "steps", "aria-label": t("first.steps") }, [1, 2, 3].map((index) => h(
    "li",
    { class: [index < current && "step-done", index === current && "step-current"], "aria-current": index === current ? "step" : null },
    h("span", { class: "step-number" }, index < current ? icon("check") : String(index)), t(`first.step.${index}`),
  )));
}

function step({ heading, text, fields, label, submit, next, aside }) {
  const failure = h("div", { hidden: true });
  const button = h("button", { class: "button button-primary", type: "submit" }, label);
  const form = h(
    "form",
    {
      class: "stack", novalidate: true,
      async onsubmit(event) {
        event.preventDefault();
        if (button.getAttribute("aria-busy") === "true" || !validate(form)) return;
        button.setAttribute("aria-busy", "true");
        failure.hidden = true;
        try {
          next(await submit(form));
        } catch (error) {
          if (error.code === 17) showFieldFailure(form.elements.name, explain(error));
          else {
            failure.replaceChildren(notice("danger", explain(error)));
            failure.hidden = false;
          }
        } finally {
          button.removeAttribute("aria-busy");
        }
      },
    },
    failure, fields, h("div", { class: "row" }, button, aside),
  );
  return h("div", { class: "stack-loose" },
    h("div", { class: "stack-tight" }, h("h1", null, heading), h("p", { class: "muted" }, text)), form);
}

/// The choice of a service's type, with what each does.
export function serviceTypeField(chosen = "RECOGNITION") {
  return h(
    "fieldset",
    { class: "stack-tight" },
    h("legend", { class: "field-label" }, t("service.type")),
    h("div", { class: "options" }, Object.keys(serviceTypes).map((type) => h(
      "label",
      { class: "option" },
      h("input", { type: "radio", name: "type", value: type, checked: type === chosen }),
      h("div", null, serviceTile(type), h("strong", null, t(`service.type.${type}`)), icon("check-circle", "option-check"),
        h("span", { class: "option-text" }, t(`service.type-text.${type}`))),
    ))),
  );
}
