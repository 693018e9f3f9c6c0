// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, announce } from "./parts/elements.js";
import { failureState } from "./parts/notices.js";
import { shell, bare } from "./parts/frame.js";
import { admin, explain, RequestFailure, whenLoggedOut } from "./interface.js";
import { t } from "./strings.js";
import { session } from "./session.js";
import { logInPage } from "./pages/log-in.js";
import { signUpPage } from "./pages/sign-up.js";
import { resetPasswordPage } from "./pages/reset-password.js";
import { startingPage } from "./pages/starting.js";
import { applicationsPage } from "./pages/applications.js";
import { createApplicationPage } from "./pages/create-application.js";
import { applicationPage } from "./pages/application.js";
import { dashboardPage } from "./pages/dashboard.js";
import { collectionPage } from "./pages/collection.js";
import { testPage } from "./pages/test.js";
import { comparePage } from "./pages/compare.js";
import { fusionPage } from "./pages/fusion.js";
import { demoPage } from "./pages/demo.js";
import { settingsPage } from "./pages/settings.js";
import { usersPage } from "./pages/users.js";
import { activityPage } from "./pages/activity.js";

// Each page is a function of its context that resolves to `{ title, content }`; `open` ones need no session.
const pages = {
  "/login": { page: logInPage, open: true },
  "/sign-up": { page: signUpPage, open: true },
  "/reset-password": { page: resetPasswordPage, open: true },
  "/demo": { page: demoPage, open: true },
  "/": { page: applicationsPage, section: "applications" },
  "/create-application": { page: createApplicationPage, section: "applications" },
  "/application": { page: applicationPage, section: "applications" },
  "/dashboard": { page: dashboardPage, section: "applications" },
  "/manage-collection": { page: collectionPage, section: "applications" },
  "/test-model": { page: testPage, section: "applications" },
  "/compare": { page: comparePage, section: "compare" },
  "/fusion": { page: fusionPage, section: "fusion" },
  "/users": { page: usersPage, section: "users" },
  "/activity": { page: activityPage, section: "activity" },
  "/settings": { page: settingsPage, section: "settings" },
};

const root = document.getElementById("root");
let visit = null;
let hasShown = false;

/// Goes to a path of these pages.
function go(path, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  return draw();
}

/// Draws the page of the current address.
async function draw({ keepPosition = false } = {}) {
  visit?.abort();
  const controller = new AbortController();
  visit = controller;
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();

  const route = pages[location.pathname.replace(/(.)\/$/, "$1")];
  if (!route) return go("/", { replace: true });
  const context = {
    go, redraw: () => draw({ keepPosition: true }), signal: controller.signal,
    query: new URLSearchParams(location.search), path: location.pathname,
  };
  const slow = setTimeout(() => { if (visit === controller) showWaiting(route); }, 150);
  try {
    const status = await serverStatus();
    if (visit !== controller) return;
    if (status !== "OK") {
      clearTimeout(slow);
      return show({ title: t("starting.title"), content: startingPage(context) }, { open: true }, context);
    }
    if (!route.open && !(await session.load())) return go(logInAddress(), { replace: true });
    const drawn = await route.page(context);
    if (visit !== controller || !drawn) return;
    clearTimeout(slow);
    show(drawn, route, context);
    if (!keepPosition) {
      scrollTo(0, 0);
      // The browser starts a loaded page at its top itself, where the link past the navigation is.
      if (hasShown) root.querySelector("h1")?.focus({ preventScroll: true });
      hasShown = true;
    }
    announce(drawn.title);
  } catch (error) {
    if (error.name === "AbortError" || visit !== controller) return;
    clearTimeout(slow);
    if (error instanceof RequestFailure && error.status === 401) return;
    const text = error instanceof RequestFailure ? explain(error) : t("failure.unknown");
    if (!(error instanceof RequestFailure)) console.error(error);
    show({ title: t("failure.title"), content: h("div", { class: "card" }, failureState(text, () => draw(), "h1")) }, route, context);
  } finally {
    clearTimeout(slow);
  }
}

let ready = false;

async function serverStatus() {
  if (ready) return "OK";
  try {
    const { status } = await admin.status();
    ready = status === "OK";
    return status;
  } catch (error) {
    if (error.status === 404) return "OK";
    throw error;
  }
}

function show(drawn, route, context) {
  document.title = `${drawn.title} · FaceKit`;
  root.replaceChildren(route.open && !drawn.framed ? bare(drawn, context) : shell(drawn, route, context));
  for (const heading of root.querySelectorAll("h1")) heading.tabIndex = -1;
}

function showWaiting(route) {
  const waiting = { title: "", content: h("div", { class: "page-waiting" }, h("div", { class: "spinner", role: "img", "aria-label": t("state.loading") })) };
  if (route.open || !session.user) root.replaceChildren(h("div", { class: "page-waiting page-waiting-whole" }, h("div", { class: "spinner", role: "img", "aria-label": t("state.loading") })));
  else root.replaceChildren(shell(waiting, route, { go, redraw: draw, signal: visit.signal, query: new URLSearchParams(location.search), path: location.pathname }));
}

function logInAddress() {
  const wanted = location.pathname + location.search;
  return wanted === "/" ? "/login" : `/login?next=${encodeURIComponent(wanted)}`;
}

whenLoggedOut(() => {
  const known = session.user !== null;
  session.clear();
  if (known && !pages[location.pathname]?.open) go(logInAddress(), { replace: true });
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (!(link.pathname in pages)) return;
  event.preventDefault();
  if (link.pathname === location.pathname && link.search === location.search && link.hash) return;
  go(link.pathname + link.search);
});
addEventListener("popstate", () => draw());

draw();
