// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead } from "../parts/frame.js";
import { emptyState, toast } from "../parts/notices.js";
import { openDialog, textField, nameCheck } from "../parts/dialogs.js";
import { applicationAddress } from "../parts/services.js";
import { admin } from "../interface.js";
import { session, fullName } from "../session.js";
import { t } from "../strings.js";

export async function applicationsPage(context) {
  const applications = await admin.applications();
  const mayCreate = session.isGlobalAdministrator;
  const create = () => createApplication(context);
  const button = mayCreate && applications.length > 0 && h(
    "button", { type: "button", class: "button button-primary", onclick: create }, icon("add"), t("applications.create"));
  let list;
  if (applications.length === 0) {
    list = h("div", { class: "card" }, mayCreate
      ? emptyState({
        icon: "application", title: t("applications.empty"), text: t("applications.empty-text"),
        actions: [h("a", { class: "button button-primary", href: "/create-application" }, t("applications.first"), icon("arrow"))],
      })
      : emptyState({ icon: "application", title: t("applications.none"), text: t("applications.none-text", { email: session.user.email }) }));
  } else {
    list = applicationList(applications);
  }
  return {
    title: t("section.applications"),
    content: [
      pageHead({ title: t("section.applications"), detail: t("applications.text"), actions: button ? [button] : [] }),
      list,
    ],
  };
}

function applicationList(applications) {
  const rows = applications.map((application) => ({
    text: `${application.name} ${fullName(application.owner ?? {})}`.toLocaleLowerCase(),
    element: h(
      "li",
      null,
      h(
        "a",
        { class: "list-row", href: applicationAddress(application) },
        h("span", { class: "tile tile-accent", "aria-hidden": "true" }, [...application.name][0].toUpperCase()),
        h("span", { class: "list-main" },
          h("span", { class: "list-title truncate" }, application.name),
          h("span", { class: "muted small truncate" }, t("applications.owner", { name: fullName(application.owner ?? {}) }))),
        application.role && h("span", { class: "badge" }, t(`role.application.${application.role}`)),
        icon("chevron", "muted"),
      ),
    ),
  }));
  const list = h("ul", { class: "list" }, rows.map((row) => row.element));
  const nothing = h("p", { class: "list-nothing muted", hidden: true, role: "status" }, t("search.nothing"));
  const search = applications.length > 5 && h(
    "div",
    { class: "card-head" },
    h("div", { class: "input-with-icon search-field" }, icon("search"), h("input", {
      class: "input", type: "search", placeholder: t("applications.search"), "aria-label": t("applications.search"),
      oninput(event) {
        const wanted = event.target.value.trim().toLocaleLowerCase();
        for (const row of rows) row.element.hidden = !row.text.includes(wanted);
        nothing.hidden = rows.some((row) => !row.element.hidden);
      },
    })),
    h("span", { class: "muted small number" }, t("applications.count", { n: applications.length })),
  );
  return h("div", { class: "card" }, search, list, nothing);
}

async function createApplication(context) {
  const created = await openDialog({
    title: t("applications.create"), text: t("applications.create-text"), submitLabel: t("action.create"),
    body: [textField({ label: t("application.name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", placeholder: t("application.name-example") })],
    submit: (data) => admin.createApplication(data.get("name").trim()),
  });
  if (!created) return;
  toast(t("applications.created", { name: created.name }));
  context.go(applicationAddress(created));
}
