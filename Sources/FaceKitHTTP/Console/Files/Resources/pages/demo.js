// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { pageHead } from "../parts/frame.js";
import { emptyState } from "../parts/notices.js";
import { DetectionTest } from "../parts/detection-test.js";
import { admin } from "../interface.js";
import { t } from "../strings.js";

/// Recognition without log-in, as long as the server offers it.
export async function demoPage(context) {
  let key;
  try {
    key = (await admin.demoService()).apiKey;
  } catch (error) {
    if (error.status !== 404) throw error;
    return {
      title: t("demo.title"),
      content: h("div", { class: "card narrow-page" }, emptyState({
        icon: "photo", title: t("demo.gone"), text: t("demo.gone-text"), level: "h1",
        actions: [h("a", { class: "button button-primary", href: "/login" }, t("action.log-in"))],
      })),
    };
  }
  const test = new DetectionTest({ service: { apiKey: key, type: "RECOGNITION" }, signal: context.signal });
  return {
    title: t("demo.title"),
    content: h("div", { class: "page" },
      pageHead({
        title: t("demo.title"), detail: t("demo.text"),
        actions: [h("a", { class: "button", href: "/login" }, t("action.log-in")), h("a", { class: "button button-primary", href: "/sign-up" }, t("action.sign-up"))],
      }),
      test.element),
  };
}
