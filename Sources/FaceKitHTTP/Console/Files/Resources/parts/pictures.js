// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { t } from "../strings.js";

/// The endings of file names that the face interface takes.
export const pictureEndings = ["jpg", "jpeg", "png", "bmp", "gif", "webp", "tif", "tiff", "ico"];

/// For `accept` of file fields.
export const acceptedPictures = pictureEndings.map((ending) => `.${ending}`).join(",") + ",image/*";

/// Whether the face interface takes a file of this name.
export function hasPictureEnding(name) {
  return pictureEndings.includes(name.split(".").pop().toLowerCase());
}

/// Returns `file` as the face interface sees it best: upright, and within `maximum` bytes.
///
/// The interface does not look at the orientation that cameras write into their files, so such pictures are turned
/// here; pictures that are too large are made smaller. Everything else is sent as it is.
export async function preparedPicture(file, maximum) {
  const orientation = await exifOrientation(file);
  if (orientation <= 1 && file.size <= maximum && hasPictureEnding(file.name)) return file;
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    return file;
  }
  const stem = file.name.replace(/\.[^.]*$/, "") || "picture";
  try {
    for (let longest = Math.max(bitmap.width, bitmap.height); longest >= 320; longest = Math.floor(longest * 0.75)) {
      const blob = await drawn(bitmap, Math.min(longest, 4096));
      if (blob.size <= maximum) return new File([blob], `${stem}.jpg`, { type: "image/jpeg" });
    }
  } finally {
    bitmap.close();
  }
  throw new Error(t("failure.face.too-large"));
}

function drawn(bitmap, longest) {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("canvas"))), "image/jpeg", 0.94);
  });
}

/// The orientation (1...8) from a JPEG's Exif data; 1 when there is none.
export async function exifOrientation(file) {
  const view = new DataView(await file.slice(0, 256 * 1024).arrayBuffer());
  if (view.byteLength < 4 || view.getUint16(0) !== 0xffd8) return 1;
  let offset = 2;
  while (offset + 4 <= view.byteLength) {
    const marker = view.getUint16(offset);
    const length = view.getUint16(offset + 2);
    if ((marker & 0xff00) !== 0xff00 || marker === 0xffda) return 1;
    if (marker === 0xffe1 && offset + 10 <= view.byteLength && view.getUint32(offset + 4) === 0x45786966) {
      return tiffOrientation(view, offset + 10, Math.min(view.byteLength, offset + 2 + length));
    }
    offset += 2 + length;
  }
  return 1;
}

function tiffOrientation(view, start, end) {
  if (start + 8 > end) return 1;
  const little = view.getUint16(start) === 0x4949;
  const directory = start + view.getUint32(start + 4, little);
  if (directory + 2 > end) return 1;
  const count = view.getUint16(directory, little);
  for (let index = 0; index < count; index += 1) {
    const entry = directory + 2 + index * 12;
    if (entry + 12 > end) return 1;
    if (view.getUint16(entry, little) === 0x0112) {
      const value = view.getUint16(entry + 8, little);
      return value >= 1 && value <= 8 ? value : 1;
    }
  }
  return 1;
}

/// All files of a drop, with the folder each came from ("" at the top).
export async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.length === 0) return [...transfer.files].map((file) => ({ file, folder: "" }));
  const found = [];
  for (const entry of entries) await collect(entry, "", found);
  return found;
}

async function collect(entry, folder, found) {
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    if (!file.name.startsWith(".")) found.push({ file, folder });
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    const batch = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return;
    for (const child of batch) await collect(child, entry.name, found);
  }
}
