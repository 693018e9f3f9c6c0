// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead } from "../parts/frame.js";
import { menuButton } from "../parts/menus.js";
import { copyButton } from "../parts/keys.js";
import { toast } from "../parts/notices.js";
import { openDialog, confirmDialog, textField, selectField } from "../parts/dialogs.js";
import { admin } from "../interface.js";
import { session, fullName, initials } from "../session.js";
import { t } from "../strings.js";

/// Everyone on the server, for its administrators.
export async function usersPage(context) {
  if (!session.isGlobalAdministrator) { context.go("/", { replace: true }); return null; }
  const [users, assignable] = await Promise.all([admin.users(), admin.assignableGlobalRoles()]);
  const rows = users.map((user) => ({ text: `${fullName(user)} ${user.email}`.toLocaleLowerCase(), element: userRow(user, assignable, context) }));
  const nothing = h("p", { class: "list-nothing muted", hidden: true, role: "status" }, t("search.nothing"));
  return {
    title: t("section.users"),
    content: [
      pageHead({
        title: t("section.users"), detail: t("users.text"),
        actions: [h("button", { type: "button", class: "button button-primary", onclick: () => invite(assignable, context) }, icon("add"), t("users.invite"))],
      }),
      h("section", { class: "card", "aria-label": t("section.users") },
        h("div", { class: "card-head" },
          users.length > 5
            ? h("div", { class: "input-with-icon search-field" }, icon("search"), h("input", {
              class: "input", type: "search", placeholder: t("users.search"), "aria-label": t("users.search"),
              oninput(event) {
                const wanted = event.target.value.trim().toLocaleLowerCase();
                for (const row of rows) row.element.hidden = !row.text.includes(wanted);
                nothing.hidden = rows.some((row) => !row.element.hidden);
              },
            }))
            : h("h2", null, t("users.count", { n: users.length })),
          users.length > 5 && h("span", { class: "muted small number" }, t("users.count", { n: users.length }))),
        h("ul", { class: "list" }, rows.map((row) => row.element)), nothing),
    ],
  };
}

function userRow(user, assignable, context) {
  const self = user.userId === session.user.userId;
  const changeable = !self && user.role !== "OWNER";
  return h(
    "li",
    { class: "list-row" },
    h("span", { class: "tile tile-round", "aria-hidden": "true" }, initials(user)),
    h("span", { class: "list-main" },
      h("span", { class: "list-title break" }, fullName(user), self && h("span", { class: "muted" }, ` ${t("person.you")}`)),
      h("span", { class: "muted small truncate" }, user.email)),
    h("span", { class: ["badge", user.role === "OWNER" && "badge-accent", user.role === "ADMINISTRATOR" && "badge-info"] }, t(`role.global.${user.role}`)),
    !changeable ? h("span", { class: "menu-place" }) : menuButton({
      label: t("members.menu", { name: fullName(user) }),
      items: [
        ...assignable.map((role) => ({
          label: t(`role.global.${role}`), checked: user.role === role,
          action: () => (user.role === role ? null : change(user, role, context)),
        })),
        "-",
        { label: t("users.password-link"), icon: "key", action: () => passwordLink(user) },
        { label: t("users.delete"), icon: "trash", danger: true, action: () => remove(user, context) },
      ],
    }),
  );
}

async function change(user, role, context) {
  const changed = await confirmDialog({
    title: t("members.change", { name: fullName(user), role: t(`role.global.${role}`) }), text: t(`users.change-text.${role}`),
    label: t("members.change-do"), danger: role === "OWNER", action: () => admin.setGlobalRole(user.userId, role),
  });
  if (!changed) return;
  toast(t("members.changed"));
  session.clear();
  await session.load();
  context.redraw();
}

async function remove(user, context) {
  const removed = await openDialog({
    title: t("users.delete-title", { name: fullName(user) }), text: t("users.delete-text"), submitLabel: t("users.delete"), danger: true,
    body: [selectField({
      label: t("users.replacer"), name: "replacer", value: "deleter",
      options: [{ value: "deleter", label: t("users.replacer.deleter") }, { value: "owner", label: t("users.replacer.owner") }],
    })],
    submit: async (data) => { await admin.removeUser(user.userId, data.get("replacer")); return true; },
  });
  if (!removed) return;
  toast(t("service.deleted", { name: fullName(user) }));
  context.redraw();
}

async function invite(assignable, context) {
  const made = await openDialog({
    title: t("users.invite"), text: t("users.invite-text"), submitLabel: t("users.invite-do"),
    body: [
      textField({ label: t("person.email"), name: "email", type: "email", required: true, maxlength: 63, autocomplete: "off" }),
      selectField({
        label: t("person.role"), name: "role", value: "USER",
        options: assignable.filter((role) => role !== "OWNER").map((role) => ({ value: role, label: t(`role.global.${role}`) })),
      }),
    ],
    submit: (data) => admin.inviteUser(data.get("email").trim(), data.get("role")),
  });
  if (made) await showLink(made, t("users.invited"), made.mailed ? "users.invited-mailed" : "users.invited-text");
  if (made) context.redraw();
}

async function passwordLink(user) {
  const made = await openDialog({
    title: t("users.password-link"), text: t("users.password-link-text", { name: fullName(user) }), submitLabel: t("users.password-link-do"),
    submit: () => admin.passwordLink(user.userId),
  });
  if (made) await showLink(made, t("users.password-link"), made.mailed ? "users.password-mailed" : "users.password-link-made");
}

function showLink(made, title, text) {
  return openDialog({
    title, text: t(text, { email: made.email }),
    body: made.link ? [h("div", { class: "key-field key-field-wide" }, h("code", { class: "key-text break" }, made.link), copyButton(() => made.link, { plain: true }))] : [],
  });
}
