// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { keyField } from "../parts/keys.js";
import { codeTabs } from "../parts/code.js";
import { barChart } from "../parts/bar-chart.js";
import { requestForms, servicePath } from "../parts/examples.js";
import { addressedService, serviceHead, serviceAddress } from "../parts/services.js";
import { admin } from "../interface.js";
import { t, date, number, parsedDate } from "../strings.js";

export async function dashboardPage(context) {
  const found = await addressedService(context);
  if (!found) return null;
  const { application, service } = found;
  const statistics = await admin.statistics(application.id, service.id);
  const days = lastDays(statistics, 30);
  const months = lastMonths(statistics, 6);
  const total = (points) => points.reduce((sum, point) => sum + point.value, 0);
  const files = service.type === "VERIFY" ? { source_image: "one.jpg", target_image: "two.jpg" } : { file: "photo.jpg" };
  return {
    title: service.name,
    content: [
      serviceHead(application, service, "dashboard"),
      h("div", { class: "stack" },
        h("dl", { class: "figures" },
          figure(t("dashboard.today"), number(days.at(-1).value)),
          figure(t("dashboard.month"), number(total(days))),
          service.type === "RECOGNITION" && figure(t("dashboard.subjects"), number(service.subjectCount ?? 0), serviceAddress("/manage-collection", application, service)),
          service.type === "RECOGNITION" && figure(t("dashboard.images"), number(service.imageCount ?? 0), serviceAddress("/manage-collection", application, service))),
        requestChart(days, months),
        h("div", { class: "halves" },
          h("section", { class: "card" },
            h("div", { class: "card-head" }, h("h2", null, t("dashboard.about"))),
            h("dl", { class: "card-body facts" },
              fact(t("service.name"), service.name),
              fact(t("service.type"), t(`service.type.${service.type}`)),
              fact(t("dashboard.created"), date(service.createdDate, { dateStyle: "medium", timeStyle: "short" })),
              fact(t("dashboard.application"), application.name),
              fact(t("service.key"), keyField(service.apiKey)))),
          h("section", { class: "card" },
            h("div", { class: "card-head" }, h("h2", null, t("dashboard.use"))),
            h("div", { class: "card-body stack" },
              h("p", { class: "muted small" }, t(`dashboard.use-text.${service.type}`)),
              codeTabs(requestForms({ path: servicePath(service.type), key: service.apiKey, files }), { label: t("dashboard.use") }))))),
    ],
  };
}

function figure(name, value, href) {
  return h("div", { class: "card figure" }, h("dt", null, href ? h("a", { class: "plain-link", href }, name) : name), h("dd", { class: "number" }, value));
}

function fact(name, value) {
  return h("div", null, h("dt", null, name), h("dd", null, value));
}

function requestChart(days, months) {
  const empty = [...days, ...months].every((point) => point.value === 0);
  const place = h("div", { class: "card-body" });
  const views = {
    days: () => barChart({ label: t("dashboard.per-day"), points: days, columns: [t("dashboard.day"), t("dashboard.requests")] }),
    months: () => barChart({ label: t("dashboard.per-month"), points: months, columns: [t("dashboard.month-column"), t("dashboard.requests")] }),
  };
  const buttons = Object.keys(views).map((view) => h("button", {
    type: "button", "aria-pressed": "false",
    onclick() { show(view); },
  }, t(`dashboard.view.${view}`)));
  function show(view) {
    place.replaceChildren(views[view]());
    Object.keys(views).forEach((name, index) => buttons[index].setAttribute("aria-pressed", String(name === view)));
  }
  if (empty) place.append(h("div", { class: "chart-empty muted" }, t("dashboard.no-requests")));
  else show("days");
  return h(
    "section",
    { class: "card" },
    h("div", { class: "card-head" }, h("h2", null, t("dashboard.requests")), !empty && h("div", { class: "segments" }, buttons)),
    place,
  );
}

function localDay(moment) {
  const part = (value) => String(value).padStart(2, "0");
  return `${moment.getFullYear()}-${part(moment.getMonth() + 1)}-${part(moment.getDate())}`;
}

function lastDays(statistics, count) {
  const counts = new Map();
  for (const entry of statistics) {
    const day = entry.createdDate.slice(0, 10);
    counts.set(day, (counts.get(day) ?? 0) + entry.requestCount);
  }
  const today = new Date();
  return Array.from({ length: count }, (_, index) => {
    const moment = new Date(today.getFullYear(), today.getMonth(), today.getDate() - (count - 1 - index));
    return {
      label: date(moment, { day: "numeric", month: "short" }), title: date(moment, { dateStyle: "long" }),
      value: counts.get(localDay(moment)) ?? 0,
    };
  });
}

function lastMonths(statistics, count) {
  const counts = new Map();
  for (const entry of statistics) {
    const moment = parsedDate(entry.createdDate.slice(0, 10));
    const month = moment.getFullYear() * 12 + moment.getMonth();
    counts.set(month, (counts.get(month) ?? 0) + entry.requestCount);
  }
  const today = new Date();
  return Array.from({ length: count }, (_, index) => {
    const moment = new Date(today.getFullYear(), today.getMonth() - (count - 1 - index), 1);
    return {
      label: date(moment, { month: "short" }), title: date(moment, { month: "long", year: "numeric" }),
      value: counts.get(moment.getFullYear() * 12 + moment.getMonth()) ?? 0,
    };
  });
}
