// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h } from "./elements.js";
import { notice } from "./notices.js";
import { openDialog } from "./dialogs.js";
import { t } from "../strings.js";

/// Takes a picture with the camera in a dialog; resolves to a file, or `undefined` when the dialog was left.
export async function openCamera() {
  const video = h("video", { class: "camera", autoplay: true, playsinline: true, muted: true });
  const place = h("div", { class: "camera-frame" }, video);
  let stream = null;
  let failure = null;
  let left = false;
  navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" }, audio: false }).then(
    (opened) => {
      if (left) return stop(opened);
      stream = opened;
      video.srcObject = opened;
    },
    (error) => {
      failure = cameraFailure(error);
      place.replaceChildren(notice("danger", failure));
    },
  );
  try {
    return await openDialog({
      title: t("camera.title"), wide: true, submitLabel: t("camera.take"), body: [place],
      submit: async () => {
        if (!stream) throw new Error(failure ?? t("camera.waiting"));
        return frameOf(video);
      },
    });
  } finally {
    left = true;
    if (stream) stop(stream);
  }
}

/// Why the camera could not be opened, for people.
export function cameraFailure(error) {
  return t(error.name === "NotAllowedError" ? "camera.refused" : "camera.missing");
}

/// Opens the camera for `video`; resolves to a function that closes it.
export async function startCamera(video) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" }, audio: false });
  video.srcObject = stream;
  await video.play();
  return () => stop(stream);
}

/// The picture that `video` shows, as a JPEG.
export async function frameOf(video, quality = 0.92) {
  const canvas = h("canvas", { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  return new File([blob], "camera.jpg", { type: "image/jpeg" });
}

function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
