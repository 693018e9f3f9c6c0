// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "./elements.js";
import { icon } from "./icons.js";
import { acceptedPictures } from "./pictures.js";
import { openCamera } from "./camera.js";
import { t } from "../strings.js";

/// A place for one picture: choose, drop, paste or take it.
///
/// - `choose(file)`: called with each picture.
/// - `extra`: elements below the buttons.
export function dropZone({ label, hint, choose, extra = [], paste = true, signal }) {
  const input = h("input", {
    type: "file", accept: acceptedPictures, class: "visually-hidden", "aria-label": label,
    onchange() {
      if (input.files[0]) choose(input.files[0]);
      input.value = "";
    },
  });
  const zone = h(
    "div",
    { class: "drop-zone" },
    h("div", { class: "tile tile-accent" }, icon("photo", "icon-large")),
    h("div", { class: "drop-zone-text" }, h("strong", null, label), h("span", { class: "muted small" }, hint ?? t("drop.hint"))),
    h(
      "div",
      { class: "row" },
      h("label", { class: "button button-primary file-button" }, input, icon("upload"), t("drop.choose")),
      canUseCamera() && h("button", {
        type: "button", class: "button",
        async onclick() {
          const file = await openCamera();
          if (file) choose(file);
        },
      }, icon("camera"), t("drop.camera")),
    ),
    extra,
  );
  takeDrops(zone, (files) => choose(files[0]));
  if (paste) {
    document.addEventListener("paste", (event) => {
      const file = [...event.clipboardData.files].find((each) => each.type.startsWith("image/"));
      if (file) choose(file.name ? file : new File([file], "pasted.png", { type: file.type }));
    }, { signal });
  }
  return zone;
}

/// Makes `element` take dropped files; it has the class `dropping` while they hover over it.
export function takeDrops(element, take) {
  let depth = 0;
  const over = (event) => event.dataTransfer?.types.includes("Files");
  element.addEventListener("dragenter", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    depth += 1;
    element.classList.add("dropping");
  });
  element.addEventListener("dragover", (event) => { if (over(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
  element.addEventListener("dragleave", (event) => {
    if (!over(event)) return;
    depth -= 1;
    if (depth <= 0) { depth = 0; element.classList.remove("dropping"); }
  });
  element.addEventListener("drop", (event) => {
    if (!over(event)) return;
    event.preventDefault();
    depth = 0;
    element.classList.remove("dropping");
    if (event.dataTransfer.files.length > 0) take([...event.dataTransfer.files], event.dataTransfer);
  });
}

export function canUseCamera() {
  return Boolean(navigator.mediaDevices?.getUserMedia) && window.isSecureContext;
}

// A file dropped beside a zone must not replace the page.
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => event.preventDefault());
