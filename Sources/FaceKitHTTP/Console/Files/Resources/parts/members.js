// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, identifier, debounced } from "./elements.js";
import { icon } from "./icons.js";
import { menuButton } from "./menus.js";
import { toast } from "./notices.js";
import { openDialog, confirmDialog, textField, selectField } from "./dialogs.js";
import { admin } from "../interface.js";
import { session, fullName, initials } from "../session.js";
import { t } from "../strings.js";

/// The people of an application: who may see it, in which role.
export async function members(application, context) {
  const mayManage = session.mayManage(application);
  const [people, assignable] = await Promise.all([
    admin.members(application.id), mayManage ? admin.assignableRoles(application.id) : [],
  ]);
  return h(
    "section",
    { class: "card", "aria-label": t("application.tab.users") },
    h(
      "div",
      { class: "card-head" },
      h("h2", null, t("members.count", { n: people.length })),
      mayManage && h("button", { type: "button", class: "button button-primary", onclick: add }, icon("add"), t("members.add")),
    ),
    h("ul", { class: "list" }, people.map(row)),
  );

  function row(person) {
    const self = person.userId === session.user.userId;
    const changeable = mayManage && person.role !== "OWNER";
    return h(
      "li",
      { class: "list-row" },
      h("span", { class: "tile tile-round", "aria-hidden": "true" }, initials(person)),
      h("span", { class: "list-main" },
        h("span", { class: "list-title break" }, fullName(person), self && h("span", { class: "muted" }, ` ${t("person.you")}`)),
        h("span", { class: "muted small truncate" }, person.email)),
      h("span", { class: ["badge", person.role === "OWNER" && "badge-accent"] }, t(`role.application.${person.role}`)),
      !mayManage ? null : !changeable ? h("span", { class: "menu-place" }) : menuButton({
        label: t("members.menu", { name: fullName(person) }),
        items: [
          ...assignable.map((role) => ({
            label: t(`role.application.${role}`), checked: person.role === role,
            action: () => (person.role === role ? null : change(person, role)),
          })),
          "-",
          { label: t("members.remove"), icon: "trash", danger: true, action: () => remove(person) },
        ],
      }),
    );
  }

  async function add() {
    const suggestions = identifier("people");
    const list = h("datalist", { id: suggestions });
    const complete = debounced(200, async (query) => {
      if (query.length < 2) return;
      try {
        const { results } = await admin.completeUsers(query);
        list.replaceChildren(...results.map((person) => h("option", { value: person.email }, fullName(person))));
      } catch { /* the field works without suggestions */ }
    });
    const field = textField({ label: t("person.email"), name: "userEmail", type: "email", required: true, list: suggestions, autocomplete: "off", hint: t("members.add-hint") });
    field.querySelector("input").addEventListener("input", (event) => complete(event.target.value.trim()));
    const added = await openDialog({
      title: t("members.add"), submitLabel: t("action.add"),
      body: [field, list, selectField({
        label: t("person.role"), name: "role", value: "USER", hint: t("members.role-hint"),
        options: assignable.filter((role) => role !== "OWNER").map((role) => ({ value: role, label: t(`role.application.${role}`) })),
      })],
      submit: (data) => admin.invite(application.id, data.get("userEmail").trim(), data.get("role")),
    });
    if (added) { toast(t("members.added")); context.redraw(); }
  }

  async function change(person, role) {
    const act = () => admin.setRole(application.id, person.userId, role);
    const changed = await confirmDialog({
      title: t("members.change", { name: fullName(person), role: t(`role.application.${role}`) }),
      text: t(`members.change-text.${role}`), label: t("members.change-do"), action: act, danger: role === "OWNER",
    });
    if (changed) { toast(t("members.changed")); context.redraw(); }
  }

  async function remove(person) {
    const removed = await confirmDialog({
      title: t("members.remove-title", { name: fullName(person) }), text: t("members.remove-text", { name: application.name }),
      label: t("action.remove"), action: () => admin.removeMember(application.id, person.userId),
    });
    if (removed) { toast(t("members.removed")); context.redraw(); }
  }
}
