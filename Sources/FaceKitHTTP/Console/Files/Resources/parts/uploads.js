// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, announce } from "./elements.js";
import { icon } from "./icons.js";
import { preparedPicture, hasPictureEnding } from "./pictures.js";
import { explain, sizeLimits } from "../interface.js";
import { t, bytes } from "../strings.js";

const atOnce = 3;

/// Pictures on their way into a collection, with the progress and the error of each.
///
/// `added(subject)` is called after each stored picture, `finished()` when nothing is left to do.
export class UploadList {
  constructor(face, { added, finished, signal }) {
    this.face = face;
    this.added = added;
    this.finished = finished;
    this.signal = signal;
    this.items = [];
    this.running = 0;
    this.heading = h("h2");
    this.failures = h("button", { type: "button", class: "button button-small", onclick: () => this.retry() }, icon("refresh"), t("uploads.retry"));
    this.list = h("ul", { class: "list upload-list" });
    this.bar = h("progress", { class: "progress", max: "1", value: 0, "aria-label": t("uploads.title") });
    this.element = h(
      "section",
      { class: "card uploads", hidden: true, "aria-label": t("uploads.title") },
      h("div", { class: "card-head" }, this.heading, h("div", { class: "row" }, this.failures,
        h("button", { type: "button", class: "button button-quiet button-icon button-small", "aria-label": t("uploads.close"), title: t("uploads.close"), onclick: () => this.close() }, icon("close")))),
      this.bar,
      this.list,
    );
  }

  /// Adds pictures: `{ file, subject }`.
  add(entries) {
    for (const { file, subject } of entries) {
      const item = { file, subject, state: "waiting", share: 0 };
      item.address = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
      item.bar = h("progress", { class: "progress", max: "1", value: 0, "aria-label": file.name });
      item.text = h("span", { class: "upload-text" }, t("uploads.waiting"));
      item.sign = h("span", { class: "upload-sign" });
      item.element = h(
        "li",
        { class: "upload" },
        item.address ? h("img", { class: "upload-picture", src: item.address, alt: "" }) : h("span", { class: "tile" }, icon("photo")),
        h("div", { class: "list-main" },
          h("span", { class: "truncate" }, file.name),
          h("div", { class: "upload-facts small muted" }, h("span", null, `${subject} · ${bytes(file.size)}`), item.text),
          item.bar),
        item.sign,
      );
      this.items.push(item);
      this.list.append(item.element);
    }
    this.element.hidden = false;
    this.draw();
    this.run();
  }

  run() {
    while (this.running < atOnce) {
      const item = this.items.find((each) => each.state === "waiting");
      if (!item) break;
      this.running += 1;
      this.send(item).finally(() => {
        this.running -= 1;
        this.draw();
        if (this.items.every((each) => each.state === "done" || each.state === "failed")) this.end();
        else this.run();
      });
    }
  }

  async send(item) {
    this.set(item, "running", t("uploads.sending"));
    try {
      if (!hasPictureEnding(item.file.name) && !item.file.type.startsWith("image/")) throw new Error(t("failure.face.21"));
      const picture = await preparedPicture(item.file, (await sizeLimits()).clientMaxFileSize);
      await this.face.addFace(item.subject, picture, {
        signal: this.signal,
        progress: (share) => {
          item.bar.value = share;
          if (share >= 1) item.text.textContent = t("uploads.looking");
        },
      });
      this.set(item, "done", t("uploads.done"));
      this.added(item.subject);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.set(item, "failed", explain(error, "face"));
    }
  }

  set(item, state, text) {
    item.state = state;
    item.text.textContent = text;
    item.element.className = `upload upload-${state}`;
    item.bar.hidden = state === "done" || state === "failed";
    item.sign.replaceChildren();
    if (state === "done") item.sign.append(icon("check-circle"));
    if (state === "failed") item.sign.append(icon("alert"));
    this.draw();
  }

  draw() {
    const count = (state) => this.items.filter((item) => item.state === state).length;
    const done = count("done");
    const failed = count("failed");
    const open = this.items.length - done - failed;
    this.heading.textContent = open > 0
      ? t("uploads.running", { done: String(done + failed), all: String(this.items.length) })
      : failed > 0 ? t("uploads.ended-failures", { done: String(done), failed: String(failed) }) : t("uploads.ended", { n: done });
    this.bar.value = this.items.length === 0 ? 0 : (done + failed) / this.items.length;
    this.bar.hidden = open === 0;
    this.failures.hidden = failed === 0 || open > 0;
  }

  end() {
    // What failed is what one wants to see.
    this.list.prepend(...this.items.filter((item) => item.state === "failed").map((item) => item.element));
    this.list.scrollTop = 0;
    announce(this.heading.textContent);
    this.finished();
  }

  retry() {
    for (const item of this.items) if (item.state === "failed") this.set(item, "waiting", t("uploads.waiting"));
    this.run();
  }

  close() {
    if (this.running > 0) return;
    for (const item of this.items) if (item.address) URL.revokeObjectURL(item.address);
    this.items = [];
    this.list.replaceChildren();
    this.element.hidden = true;
  }
}
