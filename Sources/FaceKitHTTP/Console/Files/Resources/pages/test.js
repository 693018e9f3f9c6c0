// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { addressedService, serviceHead } from "../parts/services.js";
import { DetectionTest } from "../parts/detection-test.js";
import { ComparisonTest } from "../parts/comparison-test.js";
import { t } from "../strings.js";

export async function testPage(context) {
  const found = await addressedService(context);
  if (!found) return null;
  const { application, service } = found;
  const Test = service.type === "VERIFY" ? ComparisonTest : DetectionTest;
  const test = new Test({ service, signal: context.signal });
  return { title: `${t("service.page.test")} · ${service.name}`, content: [serviceHead(application, service, "test"), test.element] };
}
