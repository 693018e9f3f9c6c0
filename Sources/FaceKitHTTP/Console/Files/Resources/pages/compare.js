// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead } from "../parts/frame.js";
import { emptyState } from "../parts/notices.js";
import { selectField } from "../parts/dialogs.js";
import { ComparisonTest } from "../parts/comparison-test.js";
import { applicationAddress } from "../parts/services.js";
import { admin } from "../interface.js";
import { session } from "../session.js";
import { t } from "../strings.js";

/// Compares two pictures with any verification service that the person may see.
export async function comparePage(context) {
  const applications = await admin.applications();
  const lists = await Promise.all(applications.map(async (application) =>
    (await admin.services(application.id)).filter((service) => service.type === "VERIFY").map((service) => ({ application, service }))));
  const found = lists.flat();
  const head = (extra) => pageHead({ title: t("section.compare"), detail: t("compare.text"), actions: extra ? [extra] : [] });
  if (found.length === 0) {
    const manageable = applications.find((application) => session.mayManageServices(application));
    return {
      title: t("section.compare"),
      content: [head(), h("div", { class: "card" }, emptyState({
        icon: "compare", title: t("compare.none"), text: t(manageable ? "compare.none-text" : "compare.none-user"),
        actions: manageable
          ? [h("a", { class: "button button-primary", href: applicationAddress(manageable) }, t("compare.go", { name: manageable.name }), icon("arrow"))]
          : session.isGlobalAdministrator ? [h("a", { class: "button button-primary", href: "/create-application" }, t("applications.first"), icon("arrow"))] : [],
      }))],
    };
  }
  const wanted = context.query.get("model");
  const chosen = found.find(({ service }) => service.id === wanted) ?? found[0];
  const choice = found.length > 1 && h("div", { class: "service-choice" }, selectField({
    label: t("compare.service"), name: "service", value: chosen.service.id,
    options: found.map(({ application, service }) => ({ value: service.id, label: `${application.name} / ${service.name}` })),
    onchange: (event) => context.go(`/compare?model=${encodeURIComponent(event.target.value)}`, { replace: true }),
  }));
  return { title: t("section.compare"), content: [head(choice), new ComparisonTest({ service: chosen.service, signal: context.signal }).element] };
}
