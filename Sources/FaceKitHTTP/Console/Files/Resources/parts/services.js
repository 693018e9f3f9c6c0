// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "./elements.js";
import { icon } from "./icons.js";
import { pageHead } from "./frame.js";
import { admin } from "../interface.js";
import { t } from "../strings.js";

/// How each type of service is shown.
export const serviceTypes = {
  RECOGNITION: { icon: "recognition", tone: "accent" },
  DETECTION: { icon: "detection", tone: "info" },
  VERIFY: { icon: "verification", tone: "violet" },
};

export function serviceBadge(type) {
  const tone = serviceTypes[type]?.tone ?? "accent";
  return h("span", { class: `badge badge-${tone}` }, t(`service.type.${type}`));
}

export function serviceTile(type, extra) {
  const look = serviceTypes[type] ?? serviceTypes.DETECTION;
  return h("span", { class: ["tile", `tile-${look.tone}`, extra], "aria-hidden": "true" }, icon(look.icon));
}

export function applicationAddress(application) {
  return `/application?app=${encodeURIComponent(application.id ?? application)}`;
}

/// The address of one of a service's pages.
export function serviceAddress(path, application, service) {
  const query = new URLSearchParams({ app: application.id, model: service.id, type: service.type });
  return `${path}?${query}`;
}

/// The application and the service that the address names.
export async function addressedService(context) {
  const applicationID = context.query.get("app");
  const serviceID = context.query.get("model");
  if (!applicationID || !serviceID) { context.go("/", { replace: true }); return null; }
  const [application, service] = await Promise.all([admin.application(applicationID), admin.service(applicationID, serviceID)]);
  return { application, service };
}

/// The head that a service's pages share: its name, and the way between them.
export function serviceHead(application, service, current, actions = []) {
  const tabs = [
    { id: "dashboard", path: "/dashboard", icon: "chart" },
    service.type === "RECOGNITION" && { id: "collection", path: "/manage-collection", icon: "people" },
    { id: "test", path: "/test-model", icon: "photo" },
  ].filter(Boolean);
  return h(
    "div",
    { class: "service-head" },
    pageHead({
      title: service.name,
      crumbs: [{ label: t("section.applications"), href: "/" }, { label: application.name, href: applicationAddress(application) }],
      before: serviceTile(service.type),
      detail: serviceBadge(service.type),
      actions,
    }),
    h("nav", { class: "tabs", "aria-label": t("service.pages") }, tabs.map((tab) => h(
      "a",
      { href: serviceAddress(tab.path, application, service), "aria-current": tab.id === current ? "page" : null },
      icon(tab.icon), t(`service.page.${tab.id}`),
    ))),
  );
}
