// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, s } from "./elements.js";
import { t, number } from "../strings.js";

/// A picture with what was found drawn over it.
///
/// `faces` are faces as the face interface gives them, each with `label` and `known`. Boxes and points are in pixels of
/// the picture. The drawing says nothing to a screen reader: a list beside it holds the same in words.
export class FacePicture {
  /// `tallest` limits the height that the picture is shown in, as a CSS length.
  constructor({ select, tallest = "68dvh" } = {}) {
    this.select = select;
    this.tallest = tallest;
    this.media = h("img", { alt: "" });
    this.drawing = s("svg", { class: "face-drawing", "aria-hidden": "true", focusable: "false" });
    this.labels = h("div", { class: "face-labels", "aria-hidden": "true" });
    this.stage = h("div", { class: "face-stage" }, this.media, this.drawing, this.labels);
    this.element = h("div", { class: "face-picture" }, this.stage);
    new ResizeObserver(() => this.drawLabels()).observe(this.stage);
    this.show = { landmarks: true, pose: true, labels: true };
    this.faces = [];
    this.selected = null;
  }

  /// Shows `file`; resolves once its size is known.
  async load(file, alternative) {
    this.clear();
    if (this.address) URL.revokeObjectURL(this.address);
    this.address = URL.createObjectURL(file);
    this.media.src = this.address;
    this.media.alt = alternative ?? file.name;
    try {
      await this.media.decode();
    } catch {
      throw new Error(t("failure.picture"));
    }
    this.resize(this.media.naturalWidth, this.media.naturalHeight);
  }

  /// Draws over `video` in place of a picture.
  useVideo(video) {
    this.clear();
    this.media.replaceWith(video);
    this.media = video;
    this.resize(video.videoWidth, video.videoHeight);
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
    fitStage(this.stage, width, height, this.tallest);
  }

  clear() {
    this.faces = [];
    this.selected = null;
    this.draw();
  }

  setFaces(faces) {
    this.faces = faces;
    this.selected = null;
    this.draw();
  }

  setSelected(index) {
    this.selected = index;
    this.draw();
  }

  setShown(name, shown) {
    this.show[name] = shown;
    this.draw();
  }

  draw() {
    this.drawing.replaceChildren(...this.faces.flatMap((face, index) => this.shapes(face, index)));
    this.drawLabels();
  }

  drawLabels() {
    this.labels.replaceChildren(...(this.show.labels ? this.faces.map((face, index) => this.label(face, index)) : []));
  }

  shapes(face, index) {
    const { x_min: left, y_min: top, x_max: right, y_max: bottom } = face.box;
    const kind = [
      "face-box", face.known === false && "face-box-unknown", index === this.selected && "face-box-selected",
      this.selected !== null && index !== this.selected && "face-box-dimmed",
    ];
    const size = Math.max(1, right - left);
    const shapes = [s("rect", {
      class: kind, x: left, y: top, width: size, height: Math.max(1, bottom - top), rx: size * 0.035,
      "data-face": index, onclick: () => this.select?.(index),
    })];
    if (this.show.landmarks && face.landmarks) {
      const radius = Math.max(size * (face.landmarks.length > 10 ? 0.009 : 0.018), this.width / 900);
      for (const [x, y] of face.landmarks) shapes.push(s("circle", { class: "face-point", cx: x, cy: y, r: radius }));
    }
    if (this.show.pose && face.pose) shapes.push(...poseAxes(face.pose, (left + right) / 2, (top + bottom) / 2, size * 0.42));
    return shapes;
  }

  label(face, index) {
    const scale = this.stage.clientWidth / this.width || 1;
    const above = face.box.y_min * scale > 30;
    const roomy = this.faces.length === 1 || (face.box.x_max - face.box.x_min) * scale > 110 || index === this.selected;
    const label = h(
      "div",
      {
        class: ["face-label", face.known === false && "face-label-unknown", !above && "face-label-below",
          index === this.selected && "face-label-selected",
          this.selected !== null && index !== this.selected && "face-label-dimmed"],
        onclick: () => this.select?.(index),
      },
      h("strong", null, face.label ?? String(index + 1)),
      roomy && face.detail && h("span", null, face.detail),
    );
    if ((face.box.x_min + face.box.x_max) / 2 > this.width * 0.6) {
      label.style.right = `${Math.max(0, 100 - (100 * face.box.x_max) / this.width)}%`;
    } else {
      label.style.left = `${Math.max(0, (100 * face.box.x_min) / this.width)}%`;
    }
    if (above) label.style.bottom = `${100 - (100 * face.box.y_min) / this.height}%`;
    else label.style.top = `${Math.min(94, (100 * face.box.y_max) / this.height)}%`;
    return label;
  }
}

/// Gives the stage the shape of its picture: as large as its place allows, small pictures at most three times enlarged.
export function fitStage(stage, width, height, tallest) {
  stage.style.aspectRatio = `${width} / ${height}`;
  stage.style.width = `min(100%, ${tallest} * ${(width / height).toFixed(4)}, ${width * 3}px)`;
}

/// The three axes of a head: red to the subject's left, green down, blue out of the face.
function poseAxes({ pitch, yaw, roll }, x, y, length) {
  const radians = Math.PI / 180;
  const p = pitch * radians;
  const w = -yaw * radians;
  const r = roll * radians;
  const ends = {
    x: [Math.cos(w) * Math.cos(r), Math.cos(p) * Math.sin(r) + Math.cos(r) * Math.sin(p) * Math.sin(w)],
    y: [-Math.cos(w) * Math.sin(r), Math.cos(p) * Math.cos(r) - Math.sin(p) * Math.sin(w) * Math.sin(r)],
    z: [Math.sin(w), -Math.cos(w) * Math.sin(p)],
  };
  return Object.entries(ends).map(([axis, [dx, dy]]) => s("line", {
    class: `pose-axis pose-axis-${axis}`, x1: x, y1: y, x2: x + dx * length, y2: y + dy * length,
  }));
}

/// A face of any version of the interface, in one form: `age` a text, `gender` a word.
export function readFace(face) {
  const age = Array.isArray(face.age) ? { low: face.age[0], high: face.age[1] } : face.age;
  const gender = typeof face.gender === "string" ? { value: face.gender } : face.gender;
  return {
    ...face,
    ageText: age ? (age.low === age.high ? number(age.low) : `${number(age.low)}–${number(age.high)}`) : null,
    genderValue: gender?.value ?? null,
    maskValue: face.mask?.value ?? null,
  };
}

/// Lines of `[name, value]` that describe a face in words.
export function describeFace(face) {
  const lines = [];
  const read = readFace(face);
  lines.push([t("face.probability"), percent(face.box.probability)]);
  if (read.ageText) lines.push([t("face.age"), read.ageText]);
  if (read.genderValue) lines.push([t("face.gender"), t(`face.gender.${read.genderValue}`)]);
  if (read.maskValue) lines.push([t("face.mask"), maskText(read.maskValue)]);
  if (face.pose) {
    const { pitch, roll, yaw } = face.pose;
    lines.push([t("face.pose"), t("face.pose.angles", { pitch: degrees(pitch), roll: degrees(roll), yaw: degrees(yaw) })]);
  }
  lines.push([t("face.box"), `${face.box.x_min}, ${face.box.y_min} – ${face.box.x_max}, ${face.box.y_max}`]);
  return lines;
}

function maskText(value) {
  const words = { with_mask: "mask_worn_correctly", mask_weared_incorrect: "mask_worn_incorrectly" };
  return t(`face.mask.${words[value] ?? value}`);
}

// Adding zero keeps a rounded −0.3 from being shown as −0.
function degrees(value) { return `${number(Math.round(value) + 0)}°`.replace("-", "−"); }
export function percent(value) { return number(value, { style: "percent", maximumFractionDigits: 1 }); }
export function similarityText(value) { return number(value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }); }
