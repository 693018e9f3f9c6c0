// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead } from "../parts/frame.js";
import { emptyState } from "../parts/notices.js";
import { admin } from "../interface.js";
import { session } from "../session.js";
import { t, date, hasText } from "../strings.js";

const size = 50;

/// What administrators and owners have done, newest first.
export async function activityPage(context) {
  if (!session.isGlobalAdministrator) { context.go("/", { replace: true }); return null; }
  const page = Math.max(0, Number(context.query.get("page")) || 0);
  const answer = await admin.audit(page, size);
  const turn = (to) => `/activity?page=${to}`;
  return {
    title: t("section.activity"),
    content: [
      pageHead({ title: t("section.activity"), detail: t("activity.text") }),
      h("section", { class: "card" },
        answer.entries.length === 0
          ? emptyState({ icon: "shield", title: t("activity.empty") })
          : h("div", { class: "table-scroll" }, h("table", { class: "table activity", role: "table" },
            h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ["when", "who", "what", "where"].map((column) => h("th", { scope: "col", role: "columnheader" }, t(`activity.${column}`))))),
            h("tbody", { role: "rowgroup" }, answer.entries.map((entry) => h("tr", { role: "row" },
              h("td", { class: "nowrap number", role: "cell" }, date(entry.createdDate, { dateStyle: "short", timeStyle: "medium" })),
              h("td", { role: "cell" }, entry.actor ?? t("activity.nobody")),
              h("td", { role: "cell" }, h("span", { class: entry.action.startsWith("delete") || entry.action.endsWith("failed") ? "text-danger" : null }, hasText(`activity.action.${entry.action}`) ? t(`activity.action.${entry.action}`) : entry.action), entry.subject && h("span", { class: "muted" }, ` ${entry.subject}`)),
              h("td", { class: "muted mono", role: "cell" }, entry.address ?? "")))))),
        answer.totalPages > 1 && h("nav", { class: "card-foot pager", "aria-label": t("pager.title") },
          page > 0 ? h("a", { class: "button button-small", href: turn(page - 1) }, icon("chevron-left"), t("pager.previous")) : h("span"),
          h("span", { class: "muted small number" }, t("pager.page", { page: String(page + 1), pages: String(answer.totalPages) })),
          page + 1 < answer.totalPages ? h("a", { class: "button button-small", href: turn(page + 1) }, t("pager.next"), icon("chevron")) : h("span"))),
    ],
  };
}
