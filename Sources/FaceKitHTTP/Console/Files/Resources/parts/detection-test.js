// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, announce, debounced, identifier } from "./elements.js";
import { icon } from "./icons.js";
import { dropZone, takeDrops, canUseCamera } from "./drop-zone.js";
import { FacePicture, readFace, describeFace, similarityText } from "./face-picture.js";
import { codeTabs, shortJSON } from "./code.js";
import { requestForms, servicePath } from "./examples.js";
import { preparedPicture } from "./pictures.js";
import { cameraFailure, startCamera, frameOf } from "./camera.js";
import { notice, toast } from "./notices.js";
import { FaceInterface, explain, sizeLimits } from "../interface.js";
import { t, number } from "../strings.js";

const plugins = ["age", "gender", "landmarks", "pose", "mask", "calculator"];

/// Tries a recognition or detection service: a picture in, faces drawn over it, the request and the answer beside.
export class DetectionTest {
  constructor({ service, signal, chosenPlugins = ["age", "gender", "landmarks", "pose"] }) {
    this.service = service;
    this.signal = signal;
    this.face = new FaceInterface(service.apiKey);
    this.options = {
      plugins: new Set(chosenPlugins), limit: 0, predictionCount: 1, detectionThreshold: null, acceptFrom: 0.5,
    };
    this.picture = new FacePicture({ select: (index) => this.select(index) });
    this.file = null;
    this.answer = null;
    this.stage = h("div", { class: "test-stage" });
    this.results = h("div", { class: "stack" });
    this.codes = h("div", { class: "stack" });
    this.rerun = debounced(250, () => { if (this.file) this.run(); else this.drawCode(); });
    this.element = h("div", { class: "test" }, h("div", { class: "stack test-main" }, this.stage, this.results), h("div", { class: "stack test-side" }, this.optionPart(), this.codes));
    takeDrops(this.element, (files) => this.take(files[0]));
    this.showZone();
    this.drawCode();
    signal.addEventListener("abort", () => this.stopLive());
  }

  get recognizes() { return this.service.type === "RECOGNITION"; }

  showZone() {
    this.file = null;
    this.answer = null;
    this.results.replaceChildren();
    this.stage.replaceChildren(dropZone({
      label: t("test.drop"), choose: (file) => this.take(file), signal: this.signal,
      extra: canUseCamera() ? [h("button", { type: "button", class: "link-button small", onclick: () => this.startLive() }, t("test.live"))] : [],
    }));
  }

  optionPart() {
    const viewChip = (name) => chip(t(`test.show.${name}`), { checked: true, onchange: (event) => this.picture.setShown(name, event.target.checked) });
    const threshold = identifier("range");
    const value = h("output", { for: threshold, class: "number" }, similarityText(this.options.acceptFrom));
    return h(
      "section",
      { class: "card", "aria-label": t("test.options") },
      h("div", { class: "card-body stack" },
        h("fieldset", { class: "stack-tight" }, h("legend", { class: "field-label" }, t("test.plugins")), h("div", { class: "chips" }, plugins.map((plugin) =>
          chip(t(`test.plugin.${plugin}`), {
            checked: this.options.plugins.has(plugin), name: `plugin-${plugin}`,
            onchange: (event) => {
              if (event.target.checked) this.options.plugins.add(plugin); else this.options.plugins.delete(plugin);
              this.rerun();
            },
          })))),
        h("fieldset", { class: "stack-tight" }, h("legend", { class: "field-label" }, t("test.show")), h("div", { class: "chips" }, ["labels", "landmarks", "pose"].map(viewChip))),
        this.recognizes && h("div", { class: "field" },
          h("div", { class: "row-between" }, h("label", { for: threshold, class: "field-label" }, t("test.accept")), value),
          h("input", {
            id: threshold, type: "range", min: "0", max: "1", step: "0.01", value: String(this.options.acceptFrom),
            oninput: (event) => {
              this.options.acceptFrom = Number(event.target.value);
              value.textContent = similarityText(this.options.acceptFrom);
              this.drawFaces();
            },
          }),
          h("div", { class: "field-hint" }, t("test.accept-hint"))),
        h("details", { class: "more-options" },
          h("summary", null, t("test.more")),
          h("div", { class: "field-row" },
            this.recognizes && numberField(t("test.prediction-count"), { min: 1, step: 1, value: 1, oninput: (event) => { this.options.predictionCount = Math.max(1, Number(event.target.value) || 1); this.rerun(); } }),
            numberField(t("test.limit"), { min: 0, step: 1, value: 0, oninput: (event) => { this.options.limit = Math.max(0, Number(event.target.value) || 0); this.rerun(); } }),
            numberField(t("test.detection-threshold"), { min: 0, max: 1, step: 0.05, placeholder: t("test.default"), oninput: (event) => { this.options.detectionThreshold = event.target.value === "" ? null : Number(event.target.value); this.rerun(); } })))),
    );
  }

  query() {
    const query = {};
    if (this.options.limit > 0) query.limit = this.options.limit;
    if (this.recognizes && this.options.predictionCount > 1) query.prediction_count = this.options.predictionCount;
    if (this.options.detectionThreshold !== null) query.det_prob_threshold = this.options.detectionThreshold;
    if (this.options.plugins.size > 0) query.face_plugins = plugins.filter((plugin) => this.options.plugins.has(plugin)).join(",");
    query.status = true;
    return query;
  }

  async take(file) {
    if (!file) return;
    this.stopLive();
    try {
      this.file = await preparedPicture(file, (await sizeLimits()).clientMaxFileSize);
      this.showStage();
      await this.picture.load(this.file, t("test.picture"));
    } catch (error) {
      this.showZone();
      this.results.replaceChildren(notice("danger", error.message));
      return;
    }
    await this.run();
  }

  showStage() {
    const input = h("input", { type: "file", accept: "image/*", class: "visually-hidden", "aria-label": t("test.another"), onchange: (event) => { this.take(event.target.files[0]); event.target.value = ""; } });
    this.state = h("div", { class: "test-state small muted", role: "status" });
    this.stage.replaceChildren(h("div", { class: "card test-card" }, this.picture.element,
      h("div", { class: "card-foot row-between" }, this.state,
        h("div", { class: "row" },
          h("label", { class: "button button-small file-button" }, input, icon("photo"), t("test.another")),
          h("button", { type: "button", class: "button button-small button-quiet", onclick: () => { this.stopLive(); this.picture = new FacePicture({ select: (index) => this.select(index) }); this.showZone(); this.drawCode(); } }, t("test.clear"))))));
  }

  async run(file = this.file, { quiet = false } = {}) {
    this.request?.abort();
    const request = new AbortController();
    this.request = request;
    this.signal.addEventListener("abort", () => request.abort(), { once: true });
    const started = performance.now();
    if (!quiet) {
      this.picture.element.classList.add("face-picture-busy");
      this.state.textContent = t("test.running");
    }
    try {
      const form = new FormData();
      form.append("file", file, file.name);
      const path = servicePath(this.service.type).replace("/api/v1", "");
      this.answer = await this.face.send("POST", `${path}?${new URLSearchParams(this.query())}`, { form, signal: request.signal });
      this.drawFaces();
      const text = `${t("test.found", { n: this.answer.result.length })} · ${t("test.time", { time: number(Math.round(performance.now() - started)) })}`;
      this.state.textContent = text;
      if (!quiet) announce(text);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.answer = null;
      this.picture.setFaces([]);
      this.state.textContent = "";
      if (quiet && error.code === 28) {
        this.results.replaceChildren();
        this.state.textContent = t("failure.face.28");
      } else {
        this.results.replaceChildren(notice(error.code === 28 ? "warning" : "danger", explain(error, "face")));
      }
      this.failure = error;
    } finally {
      if (this.request === request) this.picture.element.classList.remove("face-picture-busy");
    }
    this.drawCode();
  }

  drawFaces() {
    if (!this.answer) return;
    const faces = this.answer.result.map((face, index) => {
      const read = readFace(face);
      const detail = [];
      const best = face.subjects?.[0];
      const known = this.recognizes ? Boolean(best && best.similarity >= this.options.acceptFrom) : undefined;
      let label = String(index + 1);
      if (this.recognizes) {
        label = known ? best.subject : t("test.unknown");
        if (best && known) detail.push(similarityText(best.similarity));
      } else if (read.ageText || read.genderValue) {
        label = [read.genderValue && t(`face.gender.${read.genderValue}`), read.ageText].filter(Boolean).join(", ");
      }
      if (this.recognizes && (read.genderValue || read.ageText)) detail.push([read.genderValue && t(`face.gender.${read.genderValue}`), read.ageText].filter(Boolean).join(", "));
      return { ...face, label, known, detail: detail.join(" · ") };
    });
    this.picture.setFaces(faces);
    this.results.replaceChildren(h("section", { class: "card", "aria-label": t("test.faces") },
      h("ol", { class: "list face-list" }, faces.map((face, index) => h("li", null, h(
        "button",
        { type: "button", class: "face-row", "aria-pressed": "false", "data-face": index, onclick: () => this.select(index) },
        h("span", { class: ["tile tile-small", face.known === false ? "tile-unknown" : "tile-accent"], "aria-hidden": "true" }, String(index + 1)),
        h("span", { class: "list-main" },
          h("span", { class: "list-title" }, this.recognizes || face.label !== String(index + 1) ? face.label : t("test.face", { n: index + 1 })),
          this.recognizes && candidateText(face) && h("span", { class: "small muted" }, candidateText(face)),
          h("span", { class: "face-facts small" }, describeFace(face).map(([name, text]) => h("span", null, h("span", { class: "muted" }, name), " ", h("span", { class: "number" }, text))))),
        this.recognizes && face.subjects?.[0] && h("span", { class: "similarity" }, h("span", { class: "number" }, similarityText(face.subjects[0].similarity)), meter(face.subjects[0].similarity)),
      ))))));
  }

  select(index) {
    const next = this.picture.selected === index ? null : index;
    this.picture.setSelected(next);
    for (const row of this.results.querySelectorAll(".face-row")) row.setAttribute("aria-pressed", String(Number(row.dataset.face) === next));
    if (next !== null) this.results.querySelector(`[data-face="${next}"]`)?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }

  drawCode() {
    const forms = requestForms({ path: servicePath(this.service.type), query: this.query(), key: this.service.apiKey, files: { file: this.file?.name ?? "photo.jpg" } });
    this.codes.replaceChildren(h("section", { class: "stack-tight" }, h("h2", null, t("test.request")), codeTabs(forms, { label: t("test.request") })));
    const answer = this.answer ?? (this.failure?.status && this.file ? { message: this.failure.message, code: this.failure.code } : null);
    if (answer) {
      this.codes.append(h("section", { class: "stack-tight" }, h("h2", null, t("test.answer")),
        codeTabs([{ label: "JSON", language: "json", text: shortJSON(answer), copy: JSON.stringify(answer, null, 2) }], { label: t("test.answer") })));
    }
    this.failure = null;
  }

  // Live

  async startLive() {
    const video = h("video", { playsinline: true, muted: true, class: "live" });
    try {
      this.closeCamera = await startCamera(video);
    } catch (error) {
      toast(cameraFailure(error), "danger");
      return;
    }
    this.showStage();
    this.picture.useVideo(video);
    this.live = true;
    while (this.live && !this.signal.aborted) {
      this.file = await frameOf(video, 0.85);
      await this.run(this.file, { quiet: true });
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
  }

  stopLive() {
    if (!this.live) return;
    this.live = false;
    this.closeCamera?.();
    this.picture = new FacePicture({ select: (index) => this.select(index) });
  }
}

/// Who else it could be; nothing where the one candidate is named by the title already.
function candidateText(face) {
  if (!face.subjects || face.subjects.length === 0) return t("test.no-subjects");
  if (face.known && face.subjects.length === 1) return "";
  return face.subjects.map((candidate) => `${candidate.subject} ${similarityText(candidate.similarity)}`).join(" · ");
}

export function meter(value) {
  const fill = h("span", { class: "meter-fill" });
  fill.style.width = `${Math.round(Math.max(0, Math.min(1, value)) * 100)}%`;
  return h("span", { class: "meter", "aria-hidden": "true" }, fill);
}

export function chip(label, attributes) {
  return h("label", { class: "chip" }, h("input", { type: "checkbox", ...attributes }), h("span", null, label));
}

function numberField(label, attributes) {
  const id = identifier("field");
  return h("div", { class: "field" }, h("label", { for: id }, label), h("input", { id, class: "input", type: "number", inputmode: "decimal", ...attributes }));
}

