// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

// Requests as other programs would make them.

const paths = {
  RECOGNITION: "/api/v1/recognition/recognize",
  DETECTION: "/api/v1/detection/detect",
  VERIFY: "/api/v1/verification/verify",
};

/// The path of the face interface that a service of `type` answers.
export function servicePath(type) { return paths[type]; }

function quotedForShell(text) { return `'${text.replaceAll("'", "'\\''")}'`; }
function quoted(text) { return JSON.stringify(text); }

/// The same request in curl, Python and JavaScript.
///
/// - `files`: `{ field: file name }`.
export function requestForms({ path, query = {}, key, files }) {
  const search = new URLSearchParams(query).toString().replaceAll("%2C", ",");
  const address = location.origin + path + (search ? `?${search}` : "");
  const curl = [
    `curl -X POST ${quotedForShell(address)} \\`,
    `  -H ${quotedForShell(`x-api-key: ${key}`)} \\`,
    ...Object.entries(files).map(([field, name], index, all) =>
      `  -F ${quotedForShell(`${field}=@${name}`)}${index < all.length - 1 ? " \\" : ""}`),
  ].join("\n");
  const python = [
    "import requests",
    "",
    "response = requests.post(",
    `    ${quoted(location.origin + path)},`,
    `    headers={"x-api-key": ${quoted(key)}},`,
    ...(search ? [`    params={${Object.entries(query).map(([name, value]) => `${quoted(name)}: ${quoted(String(value))}`).join(", ")}},`] : []),
    `    files={${Object.entries(files).map(([field, name]) => `${quoted(field)}: open(${quoted(name)}, "rb")`).join(", ")}},`,
    ")",
    "print(response.json())",
  ].join("\n");
  const script = [
    "const form = new FormData();",
    ...Object.entries(files).map(([field], index) => `form.append(${quoted(field)}, picture${Object.keys(files).length > 1 ? index + 1 : ""});`),
    `const response = await fetch(${quoted(address)}, {`,
    '  method: "POST",',
    `  headers: { "x-api-key": ${quoted(key)} },`,
    "  body: form,",
    "});",
    "console.log(await response.json());",
  ].join("\n");
  return [
    { label: "curl", text: curl },
    { label: "Python", text: python },
    { label: "JavaScript", text: script },
  ];
}
