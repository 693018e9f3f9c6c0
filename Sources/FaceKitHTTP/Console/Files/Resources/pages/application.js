// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead } from "../parts/frame.js";
import { menuButton } from "../parts/menus.js";
import { keyField } from "../parts/keys.js";
import { emptyState, toast } from "../parts/notices.js";
import { openDialog, confirmDialog, textField, nameCheck } from "../parts/dialogs.js";
import { serviceTile, serviceBadge, serviceAddress, applicationAddress } from "../parts/services.js";
import { members } from "../parts/members.js";
import { serviceTypeField } from "./create-application.js";
import { admin } from "../interface.js";
import { session, fullName } from "../session.js";
import { t, date } from "../strings.js";

export async function applicationPage(context) {
  const id = context.query.get("app");
  if (!id) { context.go("/", { replace: true }); return null; }
  const application = await admin.application(id);
  const tabs = ["services", "users", session.mayManage(application) && "settings"].filter(Boolean);
  const wanted = context.query.get("tab");
  const current = tabs.includes(wanted) ? wanted : "services";
  const parts = { services: servicesPart, users: members, settings: settingsPart };
  return {
    title: application.name,
    content: [
      pageHead({
        title: application.name,
        crumbs: [{ label: t("section.applications"), href: "/" }],
        before: h("span", { class: "tile tile-accent", "aria-hidden": "true" }, [...application.name][0].toUpperCase()),
        detail: [
          t("applications.owner", { name: fullName(application.owner ?? {}) }),
          application.role && h("span", { class: "badge" }, t("application.your-role", { role: t(`role.application.${application.role}`) })),
        ],
      }),
      h("nav", { class: "tabs page-tabs", "aria-label": t("application.pages") }, tabs.map((tab) => h(
        "a",
        { href: `${applicationAddress(application)}${tab === "services" ? "" : `&tab=${tab}`}`, "aria-current": tab === current ? "page" : null },
        icon({ services: "application", users: "people", settings: "settings" }[tab]), t(`application.tab.${tab}`),
      ))),
      await parts[current](application, context),
    ],
  };
}

// Services

async function servicesPart(application, context) {
  const services = await admin.services(application.id);
  const mayManage = session.mayManageServices(application);
  const create = () => createService(application, context);
  if (services.length === 0) {
    return h("div", { class: "card" }, emptyState({
      icon: "recognition", title: t("services.empty"), text: t(mayManage ? "services.empty-text" : "services.empty-text-user"),
      actions: mayManage ? [h("button", { type: "button", class: "button button-primary", onclick: create }, icon("add"), t("services.create"))] : [],
    }));
  }
  const rows = services.map((service) => ({ text: service.name.toLocaleLowerCase(), element: serviceRow(application, service, mayManage, context) }));
  const nothing = h("p", { class: "list-nothing muted", hidden: true, role: "status" }, t("search.nothing"));
  return h(
    "section",
    { class: "card", "aria-label": t("application.tab.services") },
    h(
      "div",
      { class: "card-head" },
      services.length > 5
        ? h("div", { class: "input-with-icon search-field" }, icon("search"), h("input", {
          class: "input", type: "search", placeholder: t("services.search"), "aria-label": t("services.search"),
          oninput(event) {
            const wanted = event.target.value.trim().toLocaleLowerCase();
            for (const row of rows) row.element.hidden = !row.text.includes(wanted);
            nothing.hidden = rows.some((row) => !row.element.hidden);
          },
        }))
        : h("h2", null, t("services.count", { n: services.length })),
      mayManage && h("button", { type: "button", class: "button button-primary", onclick: create }, icon("add"), t("services.create")),
    ),
    h("ul", { class: "list service-list" }, rows.map((row) => row.element)),
    nothing,
  );
}

function serviceRow(application, service, mayManage, context) {
  const address = (path) => serviceAddress(path, application, service);
  return h(
    "li",
    { class: "service-row" },
    serviceTile(service.type),
    h("div", { class: "service-name" },
      h("a", { class: "list-title truncate plain-link", href: address("/dashboard") }, service.name),
      h("div", { class: "row small" }, serviceBadge(service.type), h("span", { class: "muted nowrap" }, t("service.created", { date: date(service.createdDate) })))),
    keyField(service.apiKey),
    h("div", { class: "row service-actions" },
      service.type === "RECOGNITION" && h("a", { class: "button button-small", href: address("/manage-collection") }, icon("people"), t("service.page.collection")),
      h("a", { class: "button button-small", href: address("/test-model") }, icon("photo"), t("service.page.test")),
      menuButton({
        label: t("service.menu", { name: service.name }),
        buttonClass: "button button-quiet button-icon button-small",
        items: [
          { label: t("service.page.dashboard"), icon: "chart", href: address("/dashboard") },
          ...(mayManage ? [
            "-",
            { label: t("action.rename"), icon: "edit", action: () => renameService(application, service, context) },
            { label: t("service.clone"), icon: "copy", action: () => cloneService(application, service, context) },
            { label: t("service.new-key"), icon: "key", action: () => newServiceKey(application, service, context) },
            "-",
            { label: t("action.delete"), icon: "trash", danger: true, action: () => removeService(application, service, context) },
          ] : []),
        ],
      })),
  );
}

async function createService(application, context) {
  const created = await openDialog({
    title: t("services.create"), submitLabel: t("action.create"),
    body: [
      textField({ label: t("service.name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", placeholder: t("service.name-example") }),
      serviceTypeField(),
    ],
    submit: (data) => admin.createService(application.id, data.get("name").trim(), data.get("type")),
  });
  if (!created) return;
  toast(t("services.created", { name: created.name }));
  context.redraw();
}

async function renameService(application, service, context) {
  const renamed = await openDialog({
    title: t("service.rename"), submitLabel: t("action.rename"),
    body: [textField({ label: t("service.name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", value: service.name })],
    submit: async (data) => {
      const name = data.get("name").trim();
      return name === service.name ? true : admin.renameService(application.id, service.id, name);
    },
  });
  if (renamed) context.redraw();
}

async function cloneService(application, service, context) {
  const cloned = await openDialog({
    title: t("service.clone"), text: t("service.clone-text", { name: service.name }), submitLabel: t("service.clone"),
    body: [textField({ label: t("service.clone-name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", value: t("service.clone-of", { name: service.name }).slice(0, 50) })],
    submit: (data) => admin.cloneService(application.id, service.id, data.get("name").trim()),
  });
  if (!cloned) return;
  toast(t("services.created", { name: cloned.name }));
  context.redraw();
}

async function newServiceKey(application, service, context) {
  const changed = await confirmDialog({
    title: t("service.new-key"), text: t("service.new-key-text", { name: service.name }), label: t("service.new-key-do"),
    action: () => admin.newServiceKey(application.id, service.id),
  });
  if (!changed) return;
  toast(t("service.key-changed"));
  context.redraw();
}

async function removeService(application, service, context) {
  const removed = await confirmDialog({
    title: t("service.delete", { name: service.name }),
    text: t(service.type === "RECOGNITION" ? "service.delete-collection-text" : "service.delete-text"),
    label: t("action.delete"), typed: service.type === "RECOGNITION" ? service.name : null,
    action: () => admin.removeService(application.id, service.id),
  });
  if (!removed) return;
  toast(t("service.deleted", { name: service.name }));
  context.redraw();
}

// Settings

function settingsPart(application, context) {
  return h(
    "div",
    { class: "stack" },
    h("section", { class: "card" },
      h("div", { class: "card-body setting" },
        h("div", { class: "stack-tight" }, h("h2", null, t("application.name")), h("p", { class: "muted small" }, t("application.rename-text"))),
        h("div", { class: "row" }, h("span", { class: "setting-value" }, application.name),
          h("button", { type: "button", class: "button", onclick: rename }, icon("edit"), t("action.rename")))),
      h("hr", { class: "divider" }),
      h("div", { class: "card-body setting" },
        h("div", { class: "stack-tight" }, h("h2", null, t("application.key")), h("p", { class: "muted small" }, t("application.key-text"))),
        h("div", { class: "row" }, keyField(application.apiKey),
          h("button", { type: "button", class: "button", onclick: newKey }, icon("key"), t("application.new-key"))))),
    h("section", { class: "card card-danger" },
      h("div", { class: "card-body setting" },
        h("div", { class: "stack-tight" }, h("h2", null, t("application.delete")), h("p", { class: "muted small" }, t("application.delete-text"))),
        h("button", { type: "button", class: "button button-danger", onclick: remove }, icon("trash"), t("application.delete")))),
  );

  async function rename() {
    const renamed = await openDialog({
      title: t("application.rename"), submitLabel: t("action.rename"),
      body: [textField({ label: t("application.name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", value: application.name })],
      submit: (data) => admin.renameApplication(application.id, data.get("name").trim()),
    });
    if (renamed) context.redraw();
  }

  async function newKey() {
    const changed = await confirmDialog({
      title: t("application.new-key"), text: t("application.new-key-text"), label: t("service.new-key-do"),
      action: () => admin.newApplicationKey(application.id),
    });
    if (changed) { toast(t("service.key-changed")); context.redraw(); }
  }

  async function remove() {
    const removed = await confirmDialog({
      title: t("application.delete-title", { name: application.name }), text: t("application.delete-text"),
      label: t("application.delete"), typed: application.name, action: () => admin.removeApplication(application.id),
    });
    if (removed) { toast(t("service.deleted", { name: application.name })); context.go("/"); }
  }
}
