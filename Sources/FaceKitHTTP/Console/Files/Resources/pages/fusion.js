// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { pageHead } from "../parts/frame.js";
import { dropZone, takeDrops } from "../parts/drop-zone.js";
import { fitStage } from "../parts/face-picture.js";
import { preparedPicture } from "../parts/pictures.js";
import { emptyState, notice } from "../parts/notices.js";
import { fuse, explain, sizeLimits } from "../interface.js";
import { t, number } from "../strings.js";

/// Blends the face of one picture into another.
export async function fusionPage(context) {
  const state = { source: null, target: null, result: null, request: null };
  const result = h("section", { class: "fusion-result", "aria-label": t("fusion.result"), "aria-live": "polite" });
  const sides = ["source", "target"].map((name) => {
    const place = h("section", { class: "comparison-side", "aria-label": t(`fusion.${name}`) });
    const take = async (file) => {
      if (!file) return;
      try {
        state[name] = await preparedPicture(file, (await sizeLimits()).clientMaxFileSize);
      } catch (error) {
        result.replaceChildren(notice("danger", error.message));
        return;
      }
      const input = h("input", { type: "file", accept: "image/*", class: "visually-hidden", "aria-label": t("test.another"), onchange: (event) => take(event.target.files[0]) });
      place.replaceChildren(h("div", { class: "card test-card" },
        shownPicture(URL.createObjectURL(state[name]), t(`fusion.${name}`)),
        h("div", { class: "card-foot row-between" }, h("span", { class: "small muted truncate" }, t(`fusion.${name}`)),
          h("label", { class: "button button-small file-button" }, input, icon("photo"), t("test.another")))));
      draw();
    };
    takeDrops(place, (files) => take(files[0]));
    place.append(dropZone({ label: t(`fusion.${name}`), hint: t(`fusion.${name}-hint`), choose: take, paste: false, signal: context.signal }));
    return place;
  });

  function draw() {
    if (!state.source || !state.target) {
      result.replaceChildren(h("div", { class: "card" }, emptyState({ icon: "fusion", tone: "violet", title: t("fusion.empty"), text: t("fusion.empty-text") })));
      return;
    }
    run();
  }

  async function run() {
    state.request?.abort();
    const request = new AbortController();
    state.request = request;
    context.signal.addEventListener("abort", () => request.abort(), { once: true });
    const started = performance.now();
    result.replaceChildren(h("div", { class: "card fusion-busy" }, h("div", { class: "spinner", role: "img", "aria-label": t("state.loading") }), h("span", { class: "muted" }, t("fusion.running"))));
    try {
      const picture = await fuse(state.source, state.target, { signal: request.signal });
      if (state.result) URL.revokeObjectURL(state.result);
      state.result = URL.createObjectURL(picture);
      const ending = picture.type === "image/png" ? "png" : "jpg";
      result.replaceChildren(h("div", { class: "card test-card" },
        shownPicture(state.result, t("fusion.result")),
        h("div", { class: "card-foot row-between" },
          h("span", { class: "small muted" }, t("test.time", { time: number(Math.round(performance.now() - started)) })),
          h("a", { class: "button button-small button-primary", href: state.result, download: `fusion.${ending}` }, icon("download"), t("fusion.download")))));
    } catch (error) {
      if (error.name === "AbortError") return;
      const text = error.status === 404 || error.status === 501 ? t("fusion.unavailable")
        : error.status === 401 || error.status === 403 ? t("fusion.closed") : explain(error, "face");
      result.replaceChildren(notice("danger", text),
        h("button", { type: "button", class: "button", onclick: run }, icon("refresh"), t("action.retry")));
    }
  }

  draw();
  return {
    title: t("section.fusion"),
    content: [
      pageHead({ title: t("section.fusion"), detail: t("fusion.text") }),
      h("div", { class: "fusion" }, sides[0], h("span", { class: "fusion-sign", "aria-hidden": "true" }, icon("add")), sides[1],
        h("span", { class: "fusion-sign", "aria-hidden": "true" }, icon("arrow")), result),
    ],
  };
}

function shownPicture(address, alternative) {
  const stage = h("div", { class: "face-stage" });
  stage.append(h("img", {
    src: address, alt: alternative,
    onload: (event) => fitStage(stage, event.target.naturalWidth, event.target.naturalHeight, "26rem"),
  }));
  return h("div", { class: "face-picture" }, stage);
}
