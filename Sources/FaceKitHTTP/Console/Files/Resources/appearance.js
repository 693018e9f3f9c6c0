// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Runs before the page is drawn, so that a chosen appearance shows without a flash of the other one.
(function () {
  try {
    const appearance = localStorage.getItem("facekit.appearance");
    if (appearance === "light" || appearance === "dark") document.documentElement.dataset.appearance = appearance;
    const language = localStorage.getItem("facekit.language");
    if (language) document.documentElement.lang = language;
  } catch {
    // Storage may be forbidden; the system's appearance is used then.
  }
})();
