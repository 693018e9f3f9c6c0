// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, announce, identifier } from "./elements.js";
import { icon } from "./icons.js";
import { dropZone, takeDrops } from "./drop-zone.js";
import { FacePicture, describeFace, similarityText } from "./face-picture.js";
import { codeTabs, shortJSON } from "./code.js";
import { requestForms, servicePath } from "./examples.js";
import { preparedPicture } from "./pictures.js";
import { notice } from "./notices.js";
import { meter } from "./detection-test.js";
import { FaceInterface, explain, sizeLimits } from "../interface.js";
import { t, number } from "../strings.js";

/// Compares the faces of two pictures with a verification service.
export class ComparisonTest {
  constructor({ service, signal }) {
    this.service = service;
    this.signal = signal;
    this.face = new FaceInterface(service.apiKey);
    this.acceptFrom = 0.5;
    this.sides = ["source", "target"].map((name) => this.side(name));
    this.verdict = h("div", { class: "verdict-place", role: "status" });
    this.codes = h("div", { class: "halves" });
    this.element = h("div", { class: "stack" }, h("div", { class: "comparison" }, this.sides.map((side) => side.element)), this.verdict, this.codes);
    this.drawCode();
  }

  side(name) {
    const side = { name, file: null, picture: new FacePicture({ tallest: "26rem" }), element: h("section", { class: "comparison-side", "aria-label": t(`compare.${name}`) }) };
    takeDrops(side.element, (files) => this.take(side, files[0]));
    this.showZone(side);
    return side;
  }

  showZone(side) {
    side.element.replaceChildren(dropZone({ label: t(`compare.${side.name}`), hint: t(`compare.${side.name}-hint`), choose: (file) => this.take(side, file), paste: false, signal: this.signal }));
  }

  async take(side, file) {
    if (!file) return;
    try {
      side.file = await preparedPicture(file, (await sizeLimits()).clientMaxFileSize);
      const input = h("input", { type: "file", accept: "image/*", class: "visually-hidden", "aria-label": t("test.another"), onchange: (event) => this.take(side, event.target.files[0]) });
      side.element.replaceChildren(h("div", { class: "card test-card" }, side.picture.element,
        h("div", { class: "card-foot row-between" }, h("span", { class: "small muted truncate" }, t(`compare.${side.name}`)),
          h("label", { class: "button button-small file-button" }, input, icon("photo"), t("test.another")))));
      await side.picture.load(side.file, t(`compare.${side.name}`));
    } catch (error) {
      side.file = null;
      this.showZone(side);
      this.verdict.replaceChildren(notice("danger", error.message));
      return;
    }
    this.verdict.replaceChildren();
    await this.run();
  }

  async run() {
    const [source, target] = this.sides;
    if (!source.file || !target.file) { this.drawCode(); return; }
    for (const side of this.sides) side.picture.element.classList.add("face-picture-busy");
    const started = performance.now();
    try {
      const form = new FormData();
      form.append("source_image", source.file, source.file.name);
      form.append("target_image", target.file, target.file.name);
      this.answer = await this.face.send("POST", `${servicePath("VERIFY").replace("/api/v1", "")}?${new URLSearchParams(this.query())}`, { form, signal: this.signal });
      this.time = Math.round(performance.now() - started);
      this.drawFaces();
    } catch (error) {
      if (error.name === "AbortError") return;
      this.answer = null;
      for (const side of this.sides) side.picture.setFaces([]);
      this.verdict.replaceChildren(notice(error.code === 28 || error.code === 31 ? "warning" : "danger", explain(error, "face")));
    } finally {
      for (const side of this.sides) side.picture.element.classList.remove("face-picture-busy");
    }
    this.drawCode();
  }

  query() { return { face_plugins: "landmarks,age,gender", status: true }; }

  drawFaces() {
    const [source, target] = this.sides;
    const result = this.answer.result[0];
    const matches = [...(result?.face_matches ?? [])].sort((one, other) => other.similarity - one.similarity);
    source.picture.setFaces(result ? [{ ...result.source_image_face, label: t("compare.source-face") }] : []);
    target.picture.setFaces(matches.map((match) => ({ ...match, label: similarityText(match.similarity), known: match.similarity >= this.acceptFrom })));
    const best = matches[0];
    const threshold = identifier("range");
    const value = h("output", { for: threshold, class: "number" }, similarityText(this.acceptFrom));
    const same = best && best.similarity >= this.acceptFrom;
    const text = best ? t(same ? "compare.same" : "compare.different") : t("failure.face.28");
    announce(`${text} ${best ? similarityText(best.similarity) : ""}`);
    this.heading ??= h("h2");
    this.heading.textContent = text;
    this.tile ??= h("span", { class: "tile" });
    const drawVerdict = () => {
      const accepted = best && best.similarity >= this.acceptFrom;
      this.heading.textContent = best ? t(accepted ? "compare.same" : "compare.different") : t("failure.face.28");
      this.tile.className = `tile ${accepted ? "tile-accent" : "tile-unknown"}`;
      this.tile.replaceChildren(icon(accepted ? "check" : "close"));
      target.picture.setFaces(matches.map((match) => ({ ...match, label: similarityText(match.similarity), known: match.similarity >= this.acceptFrom })));
    };
    drawVerdict();
    this.verdict.replaceChildren(h("section", { class: "card verdict" },
      h("div", { class: "card-body stack" },
        h("div", { class: "verdict-head" }, this.tile,
          h("div", { class: "list-main" }, this.heading, h("span", { class: "small muted" }, t("test.time", { time: number(this.time) }))),
          best && h("div", { class: "verdict-number" }, h("strong", { class: "number" }, similarityText(best.similarity)), h("span", { class: "small muted" }, t("face.similarity")), meter(best.similarity))),
        h("div", { class: "field" },
          h("div", { class: "row-between" }, h("label", { for: threshold, class: "field-label" }, t("test.accept")), value),
          h("input", { id: threshold, type: "range", min: "0", max: "1", step: "0.01", value: String(this.acceptFrom), oninput: (event) => { this.acceptFrom = Number(event.target.value); value.textContent = similarityText(this.acceptFrom); drawVerdict(); } }),
          h("div", { class: "field-hint" }, t("test.accept-hint"))),
        matches.length > 1 && h("ol", { class: "stack-tight small" }, matches.map((match, index) => h("li", { class: "row" }, h("span", { class: "muted" }, t("test.face", { n: index + 1 })), h("strong", { class: "number" }, similarityText(match.similarity)), h("span", { class: "muted" }, describeFace(match).slice(0, 3).map((line) => line.join(" ")).join(" · "))))))));
  }

  drawCode() {
    const [source, target] = this.sides;
    const forms = requestForms({ path: servicePath("VERIFY"), query: this.query(), key: this.service.apiKey, files: { source_image: source.file?.name ?? "one.jpg", target_image: target.file?.name ?? "two.jpg" } });
    this.codes.replaceChildren(h("section", { class: "stack-tight" }, h("h2", null, t("test.request")), codeTabs(forms, { label: t("test.request") })));
    if (this.answer) {
      this.codes.append(h("section", { class: "stack-tight" }, h("h2", null, t("test.answer")),
        codeTabs([{ label: "JSON", language: "json", text: shortJSON(this.answer), copy: JSON.stringify(this.answer, null, 2) }], { label: t("test.answer") })));
    }
  }
}
