// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, announce } from "../parts/elements.js";
import { icon } from "../parts/icons.js";
import { menuButton } from "../parts/menus.js";
import { takeDrops } from "../parts/drop-zone.js";
import { openCamera } from "../parts/camera.js";
import { canUseCamera } from "../parts/drop-zone.js";
import { acceptedPictures, droppedFiles } from "../parts/pictures.js";
import { emptyState, failureState, toast } from "../parts/notices.js";
import { openDialog, confirmDialog, textField, selectField, nameCheck } from "../parts/dialogs.js";
import { UploadList } from "../parts/uploads.js";
import { addressedService, serviceHead, serviceAddress } from "../parts/services.js";
import { FaceInterface, explain } from "../interface.js";
import { t, number } from "../strings.js";

const pageSize = 15;

export async function collectionPage(context) {
  const found = await addressedService(context);
  if (!found) return null;
  const { application, service } = found;
  if (service.type !== "RECOGNITION") {
    context.go(serviceAddress("/test-model", application, service), { replace: true });
    return null;
  }
  const collection = new Collection(context, service);
  await collection.loadSubjects();
  collection.select(context.query.get("subject") ?? collection.subjects[0] ?? null);
  return {
    title: `${t("service.page.collection")} · ${service.name}`,
    content: [serviceHead(application, service, "collection"), collection.element],
  };
}

/// The subjects on one side, the pictures of the chosen one on the other.
class Collection {
  constructor(context, service) {
    this.context = context;
    this.face = new FaceInterface(service.apiKey);
    this.subjects = [];
    this.current = null;
    this.page = 0;
    this.marked = new Set();
    this.search = "";
    this.shown = 200;
    this.uploads = new UploadList(this.face, {
      signal: context.signal,
      added: (subject) => this.noteSubject(subject),
      finished: () => { this.loadSubjects().catch(() => {}); this.showFaces(); },
    });
    this.list = h("ul", { class: "subject-list", "aria-label": t("collection.subjects") });
    this.count = h("span", { class: "muted small number" });
    this.faces = h("div", { class: "faces" });
    this.side = this.sidePart();
    this.element = h("div", { class: "collection" }, this.side, h("div", { class: "stack collection-main" }, this.uploads.element, this.faces));
    takeDrops(this.element, async (files, transfer) => this.take(await droppedFiles(transfer)));
  }

  sidePart() {
    return h(
      "section",
      { class: "card subjects", "aria-label": t("collection.subjects") },
      h(
        "div",
        { class: "card-head" },
        h("div", { class: "row" }, h("h2", null, t("collection.subjects")), this.count),
        h("div", { class: "row" },
          h("button", { type: "button", class: "button button-small", onclick: () => this.addSubject() }, icon("add"), t("collection.add-subject")),
          menuButton({
            label: t("collection.menu"), buttonClass: "button button-quiet button-icon button-small",
            items: () => [
              { label: t("collection.upload-folder"), icon: "upload", action: () => this.chooseFolder() },
              "-",
              { label: t("collection.delete-all"), icon: "trash", danger: true, action: () => this.removeAll() },
            ],
          })),
      ),
      h("div", { class: "subject-search" }, h("div", { class: "input-with-icon" }, icon("search"), h("input", {
        class: "input", type: "search", placeholder: t("collection.search"), "aria-label": t("collection.search"),
        oninput: (event) => { this.search = event.target.value.trim().toLocaleLowerCase(); this.shown = 200; this.drawSubjects(); },
      }))),
      this.list,
    );
  }

  async loadSubjects() {
    const subjects = await this.face.subjects({ signal: this.context.signal });
    this.subjects = subjects.sort((one, other) => one.localeCompare(other, undefined, { numeric: true, sensitivity: "base" }));
    this.drawSubjects();
  }

  noteSubject(subject) {
    if (this.subjects.some((each) => each.toLocaleLowerCase() === subject.toLocaleLowerCase())) return;
    this.subjects = [...this.subjects, subject].sort((one, other) => one.localeCompare(other, undefined, { numeric: true, sensitivity: "base" }));
    this.drawSubjects();
  }

  drawSubjects() {
    const found = this.subjects.filter((subject) => subject.toLocaleLowerCase().includes(this.search));
    this.count.textContent = number(this.subjects.length);
    const rows = found.slice(0, this.shown).map((subject) => h("li", null, h(
      "button",
      {
        type: "button", class: "subject", "aria-pressed": String(subject === this.current),
        onclick: () => this.select(subject, { focus: true }),
      },
      h("span", { class: "tile tile-round tile-small", "aria-hidden": "true" }, [...subject][0]?.toUpperCase() ?? "?"),
      h("span", { class: "truncate" }, subject),
    )));
    if (found.length > this.shown) {
      rows.push(h("li", null, h("button", {
        type: "button", class: "button button-quiet button-small button-wide",
        onclick: () => { this.shown += 500; this.drawSubjects(); },
      }, t("collection.more", { n: found.length - this.shown }))));
    }
    if (found.length === 0) rows.push(h("li", { class: "list-nothing muted small" }, this.search ? t("search.nothing") : t("collection.no-subjects")));
    this.list.replaceChildren(...rows);
  }

  select(subject, { focus = false } = {}) {
    this.current = subject;
    this.page = 0;
    this.marked.clear();
    this.drawSubjects();
    const address = new URL(location.href);
    if (address.pathname === this.context.path) {
      if (subject === null) address.searchParams.delete("subject");
      else address.searchParams.set("subject", subject);
      history.replaceState(null, "", address);
    }
    this.showFaces().then(() => {
      if (focus && matchMedia("(max-width: 50rem)").matches) this.faces.scrollIntoView({ block: "start", behavior: "smooth" });
    });
  }

  // Pictures

  async showFaces() {
    if (this.current === null) {
      this.faces.replaceChildren(h("div", { class: "card" }, emptyState({
        icon: "people", title: t("collection.empty"), text: t("collection.empty-text"),
        actions: [
          h("button", { type: "button", class: "button button-primary", onclick: () => this.addSubject() }, icon("add"), t("collection.add-first")),
          h("button", { type: "button", class: "button", onclick: () => this.chooseFolder() }, icon("upload"), t("collection.upload-folder")),
        ],
      })));
      return;
    }
    const subject = this.current;
    try {
      const answer = await this.face.faces({ subject, page: this.page, size: pageSize }, { signal: this.context.signal });
      if (subject !== this.current) return;
      if (answer.faces.length === 0 && this.page > 0) { this.page = Math.max(0, answer.total_pages - 1); return this.showFaces(); }
      this.drawFaces(answer);
    } catch (error) {
      if (error.name === "AbortError") return;
      this.faces.replaceChildren(h("div", { class: "card" }, failureState(explain(error, "face"), () => this.showFaces())));
    }
  }

  drawFaces(answer) {
    const input = this.fileField();
    const head = h(
      "div",
      { class: "card-head" },
      h("div", { class: "faces-title" }, h("h2", { class: "truncate" }, this.current),
        h("span", { class: "muted small number" }, t("collection.pictures", { n: answer.total_elements }))),
      h("div", { class: "row" },
        h("label", { class: "button button-primary button-small file-button" }, input, icon("upload"), t("collection.upload")),
        canUseCamera() && h("button", {
          type: "button", class: "button button-small button-icon", "aria-label": t("drop.camera"), title: t("drop.camera"),
          onclick: async () => { const file = await openCamera(); if (file) this.take([{ file, folder: "" }]); },
        }, icon("camera")),
        menuButton({
          label: t("collection.subject-menu", { name: this.current }), buttonClass: "button button-quiet button-icon button-small",
          items: [
            { label: t("action.rename"), icon: "edit", action: () => this.rename() },
            { label: t("collection.merge"), icon: "merge", action: () => this.merge() },
            "-",
            { label: t("action.delete"), icon: "trash", danger: true, action: () => this.removeSubject() },
          ],
        })),
    );
    const body = answer.total_elements === 0
      ? h("div", { class: "faces-empty" }, emptyState({ icon: "upload", title: t("collection.drop"), text: t("collection.drop-text", { name: this.current }) }))
      : h("ul", { class: "face-grid", "aria-label": t("collection.pictures-of", { name: this.current }) }, answer.faces.map((face, index) => this.faceCell(face, index)));
    this.selection = h("div", { class: "selection", hidden: true });
    this.faces.replaceChildren(h("section", { class: "card", "aria-label": this.current }, head, this.selection, body, this.pager(answer)));
    this.drawSelection();
  }

  fileField() {
    return h("input", {
      type: "file", multiple: true, accept: acceptedPictures, class: "visually-hidden", "aria-label": t("collection.upload"),
      onchange: (event) => {
        this.take([...event.target.files].map((file) => ({ file, folder: "" })));
        event.target.value = "";
      },
    });
  }

  faceCell(face, index) {
    const number = this.page * pageSize + index + 1;
    const image = h("img", {
      src: this.face.imageAddress(face.image_id), loading: "lazy", decoding: "async", alt: t("collection.picture", { n: number, name: this.current }),
      onerror: () => image.replaceWith(h("span", { class: "face-missing", title: t("collection.not-kept") }, icon("face", "icon-large"))),
    });
    const box = h("input", {
      type: "checkbox", checked: this.marked.has(face.image_id), "aria-label": t("collection.mark", { n: number }),
      onchange: () => {
        if (box.checked) this.marked.add(face.image_id); else this.marked.delete(face.image_id);
        this.drawSelection();
      },
    });
    return h("li", { class: "face-cell" },
      h("button", { type: "button", class: "face-open", onclick: () => this.openFace(face, number) }, image), box);
  }

  drawSelection() {
    const count = this.marked.size;
    this.selection.hidden = count === 0;
    if (count === 0) return;
    this.selection.replaceChildren(
      h("span", { class: "number" }, t("collection.marked", { n: count })),
      h("div", { class: "row" },
        h("button", { type: "button", class: "button button-small", onclick: () => { this.marked.clear(); this.showFaces(); } }, t("collection.unmark")),
        h("button", { type: "button", class: "button button-danger button-small", onclick: () => this.removeMarked() }, icon("trash"), t("action.delete"))),
    );
  }

  pager(answer) {
    if (answer.total_pages < 2) return null;
    const turn = (page) => { this.page = page; this.showFaces(); };
    return h(
      "nav",
      { class: "card-foot pager", "aria-label": t("pager.title") },
      h("button", { type: "button", class: "button button-small", disabled: this.page === 0, onclick: () => turn(this.page - 1) }, icon("chevron-left"), t("pager.previous")),
      h("span", { class: "muted small number" }, t("pager.page", { page: String(this.page + 1), pages: String(answer.total_pages) })),
      h("button", { type: "button", class: "button button-small", disabled: this.page + 1 >= answer.total_pages, onclick: () => turn(this.page + 1) }, t("pager.next"), icon("chevron")),
    );
  }

  openFace(face, number) {
    openDialog({
      title: t("collection.picture", { n: number, name: this.current }), wide: true,
      body: (close) => [
        h("img", { class: "face-large", src: this.face.imageAddress(face.image_id), alt: "" }),
        h("div", { class: "row-between" },
          h("div", { class: "small muted" }, t("collection.identifier"), " ", h("code", { class: "break" }, face.image_id)),
          h("button", {
            type: "button", class: "button button-small",
            onclick: () => { close(); this.marked = new Set([face.image_id]); this.removeMarked(); },
          }, icon("trash"), t("action.delete"))),
      ],
    });
  }

  // Changes

  async take(files) {
    if (files.length === 0) return;
    if (files.every(({ folder }) => folder !== "")) {
      this.uploads.add(files.map(({ file, folder }) => ({ file, subject: folder })));
      return;
    }
    let subject = this.current;
    if (subject === null) subject = await this.addSubject({ text: t("collection.name-pictures", { n: files.length }) });
    if (subject === undefined || subject === null) return;
    this.uploads.add(files.map(({ file, folder }) => ({ file, subject: folder || subject })));
  }

  chooseFolder() {
    const input = h("input", { type: "file", multiple: true, webkitdirectory: true });
    input.addEventListener("change", () => {
      this.take([...input.files].filter((file) => !file.name.startsWith(".")).map((file) => ({ file, folder: file.webkitRelativePath.split("/").at(-2) ?? "" })));
    });
    input.click();
  }

  async addSubject({ text } = {}) {
    const name = await openDialog({
      title: t("collection.add-subject"), text, submitLabel: t("action.add"), context: "face",
      body: [textField({ label: t("collection.subject-name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off" })],
      submit: async (data) => {
        const subject = data.get("name").trim();
        await this.face.addSubject(subject);
        return subject;
      },
    });
    if (name === undefined) return undefined;
    await this.loadSubjects();
    this.select(name);
    return name;
  }

  async rename() {
    const old = this.current;
    let merging = null;
    const name = await openDialog({
      title: t("collection.rename"), submitLabel: t("action.rename"), context: "face",
      body: [textField({ label: t("collection.subject-name"), name: "name", required: true, maxlength: 50, check: nameCheck, autocomplete: "off", value: old })],
      submit: async (data) => {
        const wanted = data.get("name").trim();
        const other = this.subjects.find((subject) => subject.toLocaleLowerCase() === wanted.toLocaleLowerCase() && subject !== old
          && subject.toLocaleLowerCase() !== old.toLocaleLowerCase());
        if (other) { merging = other; return wanted; }
        await this.face.renameSubject(old, wanted);
        return wanted;
      },
    });
    if (name === undefined) return;
    if (merging !== null) return this.confirmMerge(old, merging);
    toast(t("collection.renamed"));
    await this.loadSubjects();
    this.select(name);
  }

  async merge() {
    const others = this.subjects.filter((subject) => subject !== this.current);
    if (others.length === 0) return toast(t("collection.merge-none"), "danger");
    const target = await openDialog({
      title: t("collection.merge"), text: t("collection.merge-text", { name: this.current }), submitLabel: t("action.continue"),
      body: [selectField({ label: t("collection.merge-into"), name: "target", options: others.map((subject) => ({ value: subject, label: subject })), value: others[0] })],
      submit: async (data) => data.get("target"),
    });
    if (target !== undefined) await this.confirmMerge(this.current, target);
  }

  async confirmMerge(source, target) {
    const merged = await confirmDialog({
      title: t("collection.merge-title", { source, target }), text: t("collection.merge-confirm", { source, target }),
      label: t("collection.merge-do"), context: "face", action: () => this.face.renameSubject(source, target),
    });
    if (!merged) return;
    toast(t("collection.merged", { source, target }));
    await this.loadSubjects();
    this.select(target);
  }

  async removeSubject() {
    const name = this.current;
    const removed = await confirmDialog({
      title: t("collection.delete-title", { name }), text: t("collection.delete-text"), label: t("action.delete"), context: "face",
      action: () => this.face.removeSubject(name),
    });
    if (!removed) return;
    toast(t("service.deleted", { name }));
    const index = this.subjects.indexOf(name);
    await this.loadSubjects();
    this.select(this.subjects[Math.min(index, this.subjects.length - 1)] ?? null);
  }

  async removeMarked() {
    const ids = [...this.marked];
    const removed = await confirmDialog({
      title: t("collection.delete-pictures", { n: ids.length }), text: t("collection.delete-pictures-text", { n: ids.length }), label: t("action.delete"), context: "face",
      action: () => this.face.removeFaces(ids),
    });
    if (!removed) return;
    this.marked.clear();
    announce(t("collection.deleted-pictures", { n: ids.length }));
    toast(t("collection.deleted-pictures", { n: ids.length }));
    await this.showFaces();
  }

  async removeAll() {
    const removed = await confirmDialog({
      title: t("collection.delete-all"), text: t("collection.delete-all-text", { n: this.subjects.length }),
      label: t("collection.delete-all"), typed: String(this.subjects.length), context: "face", action: () => this.face.removeAllSubjects(),
    });
    if (!removed) return;
    await this.loadSubjects();
    this.select(null);
  }
}
