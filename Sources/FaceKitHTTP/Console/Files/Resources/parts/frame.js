// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "./elements.js";
import { icon, mark } from "./icons.js";
import { menuButton } from "./menus.js";
import { admin } from "../interface.js";
import { session, fullName, initials } from "../session.js";
import { t, language, languages, useLanguage } from "../strings.js";

/// The page with the bar at its top, for people who are logged in.
export function shell(drawn, route, context) {
  return h(
    "div",
    { class: "frame" },
    h("a", { class: "skip", href: "#main", onclick: skip }, t("frame.skip")),
    topBar(route, context),
    h("main", { id: "main", class: "page", tabindex: "-1" }, drawn.content),
  );
}

/// The page for people who are not (yet) logged in.
export function bare(drawn, context) {
  return h(
    "div",
    { class: "frame" },
    h("a", { class: "skip", href: "#main", onclick: skip }, t("frame.skip")),
    h(
      "header",
      { class: "bare-bar" },
      h("a", { class: "brand", href: "/" }, mark(28), "FaceKit"),
      h("div", { class: "row" }, languageMenu(context), appearanceMenu()),
    ),
    h("main", { id: "main", class: "bare-page", tabindex: "-1" }, drawn.content),
  );
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main").focus();
}

function topBar(route, context) {
  const sections = [
    { id: "applications", href: "/", icon: "application" },
    { id: "compare", href: "/compare", icon: "compare" },
    { id: "fusion", href: "/fusion", icon: "fusion" },
    session.isGlobalAdministrator && { id: "users", href: "/users", icon: "people" },
    session.isGlobalAdministrator && { id: "activity", href: "/activity", icon: "shield" },
  ].filter(Boolean);
  return h(
    "header",
    { class: "top-bar" },
    h(
      "div",
      { class: "top-bar-inner" },
      h("a", { class: "brand", href: "/", "aria-label": t("frame.home") }, mark(28), h("span", null, "FaceKit")),
      h(
        "nav",
        { class: "top-nav", "aria-label": t("frame.navigation") },
        sections.map((section) => h(
          "a",
          { href: section.href, "aria-current": route.section === section.id ? "page" : null },
          t(`section.${section.id}`),
        )),
      ),
      h("div", { class: "spacer" }),
      languageMenu(context),
      appearanceMenu(),
      userMenu(context),
      h("div", { class: "narrow-only" }, menuButton({
        label: t("frame.navigation"), content: icon("menu"),
        items: sections.map((section) => ({ label: t(`section.${section.id}`), icon: section.icon, href: section.href })),
      })),
    ),
  );
}

function userMenu(context) {
  const user = session.user;
  if (!user) return null;
  return menuButton({
    label: t("frame.account", { name: fullName(user) }),
    content: h("span", { class: "tile tile-accent tile-round tile-small" }, initials(user)),
    head: h("div", { class: "menu-head" },
      h("strong", { class: "truncate" }, fullName(user)),
      h("span", { class: "muted small truncate" }, user.email),
      h("span", { class: "row role-line" }, h("span", { class: "badge" }, t(`role.global.${session.role}`)))),
    items: [
      { label: t("section.settings"), icon: "settings", href: "/settings" },
      { label: t("action.log-out"), icon: "logout", action: async () => {
        await admin.logOut();
        session.clear();
        context.go("/login");
      } },
    ],
  });
}

export function languageMenu(context) {
  return menuButton({
    label: t("frame.language"), content: icon("language"),
    items: Object.entries(languages).map(([code, name]) => ({
      label: name, checked: code === language(),
      action: () => { useLanguage(code); context.redraw(); },
    })),
  });
}

export function appearance() {
  return document.documentElement.dataset.appearance ?? "system";
}

export function useAppearance(value) {
  if (value === "system") delete document.documentElement.dataset.appearance;
  else document.documentElement.dataset.appearance = value;
  try { localStorage.setItem("facekit.appearance", value); } catch { /* kept for this page only */ }
}

export function appearanceMenu() {
  const icons = { system: "settings", light: "sun", dark: "moon" };
  return menuButton({
    label: t("frame.appearance"), content: icon("sun"),
    items: () => Object.keys(icons).map((value) => ({
      label: t(`appearance.${value}`), icon: icons[value], checked: appearance() === value,
      action: () => useAppearance(value),
    })),
  });
}

/// The head of a page: where it is, its title, what can be done.
export function pageHead({ title, crumbs = [], detail, actions = [], before }) {
  return h(
    "div",
    { class: "page-head" },
    crumbs.length > 0 && h(
      "nav",
      { "aria-label": t("frame.path"), class: "crumbs" },
      h("ol", null, crumbs.map((crumb) => h("li", null, h("a", { href: crumb.href }, crumb.label)))),
    ),
    h(
      "div",
      { class: "page-head-row" },
      before,
      h("div", { class: "page-head-text" }, h("h1", null, title), detail && h("div", { class: "page-head-detail" }, detail)),
      actions.length > 0 && h("div", { class: "row page-head-actions" }, actions),
    ),
  );
}
