// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { t, hasText } from "./strings.js";

/// What went wrong with a request: the status (0: the server was not reached), the server's own code and message.
export class RequestFailure extends Error {
  constructor(status, code, message, details) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

/// What to tell a person about `failure`.
export function explain(failure, context = "admin") {
  if (!(failure instanceof RequestFailure)) return failure?.message || t("failure.unknown");
  if (failure.status === 0) return t("failure.offline");
  if (failure.status === 413) return t("failure.face.too-large");
  if (failure.status === 503) return t("failure.busy");
  if (failure.status === 429) return t("failure.too-often", { n: Number(failure.details?.retryAfter ?? 60) });
  const key = `failure.${context}.${failure.code}`;
  if (hasText(key)) return t(key);
  return failure.message || t("failure.status", { status: String(failure.status) });
}

async function failureOf(response) {
  let body = null;
  try { body = await response.json(); } catch { /* some errors have no body */ }
  const details = { retryAfter: response.headers.get("Retry-After") };
  return new RequestFailure(
    response.status, body?.code ?? body?.error ?? null, body?.message ?? body?.error_description ?? "", details);
}

async function reach(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new RequestFailure(0, null, error.message);
  }
}

async function bodyOf(response) {
  const text = await response.text();
  if (!text) return null;
  try { return JSON.parse(text); } catch { return text; }
}

// The public name and secret of the pages themselves; people are told apart by their cookies.
const client = "Basic " + btoa("CommonClientId:password");

let leaveToLogIn = () => {};

/// `action` is called when a session has ended and cannot be renewed.
export function whenLoggedOut(action) { leaveToLogIn = action; }

let renewal = null;

function renew() {
  renewal ??= reach("/admin/oauth/token", {
    method: "POST",
    headers: { Authorization: client },
    body: new URLSearchParams({ grant_type: "refresh_token" }),
  }).then((response) => response.ok, () => false).finally(() => { renewal = null; });
  return renewal;
}

async function administer(method, path, body, { open = false, signal } = {}) {
  const options = { method, signal, headers: { Accept: "application/json" } };
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body);
  }
  let response = await reach(`/admin${path}`, options);
  if (response.status === 401 && !open) {
    if (await renew()) response = await reach(`/admin${path}`, options);
    if (response.status === 401) {
      leaveToLogIn();
      throw await failureOf(response);
    }
  }
  if (!response.ok) throw await failureOf(response);
  return bodyOf(response);
}

const segment = encodeURIComponent;

/// The administration interface, `/admin`.
export const admin = {
  async logIn(username, password) {
    const response = await reach("/admin/oauth/token", {
      method: "POST",
      headers: { Authorization: client },
      body: new URLSearchParams({ username, password, grant_type: "password" }),
    });
    if (!response.ok) throw await failureOf(response);
  },
  async logOut() { await reach("/admin/oauth/token", { method: "DELETE", headers: { Authorization: client } }); },

  status: () => administer("GET", "/status", undefined, { open: true }),
  configuration: () => administer("GET", "/config", undefined, { open: true }),
  demoService: () => administer("GET", "/user/demo/model", undefined, { open: true }),

  register: (person) => administer("POST", "/user/register", person, { open: true }),
  forgotPassword: (email) => administer("POST", "/user/forgot-password", { email }, { open: true }),
  resetPassword: (token, password) =>
    administer("PUT", `/user/reset-password?token=${segment(token)}`, { password }, { open: true }),

  me: (options) => administer("GET", "/user/me", undefined, options),
  updateMe: (names) => administer("PUT", "/user/update", names),
  changePassword: (oldPassword, newPassword) => administer("PUT", "/user/me/password", { oldPassword, newPassword }),
  sessions: () => administer("GET", "/user/me/sessions"),
  endSession: (id) => administer("DELETE", `/user/me/sessions/${segment(id)}`),

  users: () => administer("GET", "/user/roles"),
  assignableGlobalRoles: () => administer("GET", "/user/global/assign-roles"),
  setGlobalRole: (userId, role) => administer("PUT", "/user/global/role", { userId, role }),
  removeUser: (userId, replacer) => administer("DELETE", `/user/${segment(userId)}?replacer=${replacer}`),
  inviteUser: (email, role) => administer("POST", "/user/invitation", { email, role }),
  passwordLink: (userId) => administer("POST", `/user/${segment(userId)}/password-link`),
  completeUsers: (query) => administer("GET", `/user/autocomplete?query=${segment(query)}`),
  audit: (page, size) => administer("GET", `/audit?page=${page}&size=${size}`),

  applications: () => administer("GET", "/apps"),
  createApplication: (name) => administer("POST", "/app", { name }),
  application: (id) => administer("GET", `/app/${segment(id)}`),
  renameApplication: (id, name) => administer("PUT", `/app/${segment(id)}`, { name }),
  removeApplication: (id) => administer("DELETE", `/app/${segment(id)}`),
  newApplicationKey: (id) => administer("PUT", `/app/${segment(id)}/apikey`),

  members: (id) => administer("GET", `/app/${segment(id)}/roles`),
  assignableRoles: (id) => administer("GET", `/app/${segment(id)}/assign-roles`),
  invite: (id, userEmail, role) => administer("POST", `/app/${segment(id)}/invite`, { userEmail, role }),
  setRole: (id, userId, role) => administer("PUT", `/app/${segment(id)}/role`, { userId, role }),
  removeMember: (id, userId) => administer("DELETE", `/app/${segment(id)}/user/${segment(userId)}`),

  services: (id) => administer("GET", `/app/${segment(id)}/models`),
  createService: (id, name, type) => administer("POST", `/app/${segment(id)}/model`, { name, type }),
  service: (id, service) => administer("GET", `/app/${segment(id)}/model/${segment(service)}`),
  cloneService: (id, service, name) => administer("POST", `/app/${segment(id)}/model/${segment(service)}`, { name }),
  renameService: (id, service, name) => administer("PUT", `/app/${segment(id)}/model/${segment(service)}`, { name }),
  newServiceKey: (id, service) => administer("PUT", `/app/${segment(id)}/model/${segment(service)}/apikey`),
  removeService: (id, service) => administer("DELETE", `/app/${segment(id)}/model/${segment(service)}`),
  statistics: (id, service) => administer("GET", `/app/${segment(id)}/model/${segment(service)}/statistics`),
};

/// The face interface, `/api/v1`, for one service's key.
export class FaceInterface {
  constructor(key) { this.key = key; }

  async send(method, path, { json, form, signal } = {}) {
    const headers = { Accept: "application/json", "x-api-key": this.key };
    if (json !== undefined) headers["Content-Type"] = "application/json";
    const response = await reach(`/api/v1${path}`, {
      method, headers, signal, credentials: "omit", body: json !== undefined ? JSON.stringify(json) : form,
    });
    if (!response.ok) throw await failureOf(response);
    return bodyOf(response);
  }

  /// Sends `form` and reports the share of it that is on its way, 0...1.
  upload(path, form, { progress, signal } = {}) {
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest();
      request.open("POST", `/api/v1${path}`);
      request.setRequestHeader("x-api-key", this.key);
      request.setRequestHeader("Accept", "application/json");
      request.upload.onprogress = (event) => { if (event.lengthComputable) progress?.(event.loaded / event.total); };
      request.onerror = () => reject(new RequestFailure(0, null, ""));
      request.onabort = () => reject(new DOMException("", "AbortError"));
      request.onload = () => {
        let body = null;
        try { body = JSON.parse(request.responseText); } catch { /* some answers have no body */ }
        if (request.status >= 200 && request.status < 300) resolve(body);
        else {
          reject(new RequestFailure(request.status, body?.code ?? null, body?.message ?? "", {
            retryAfter: request.getResponseHeader("Retry-After"),
          }));
        }
      };
      signal?.addEventListener("abort", () => request.abort(), { once: true });
      request.send(form);
    });
  }

  async subjects(options) { return (await this.send("GET", "/recognition/subjects", options)).subjects; }
  addSubject(subject) { return this.send("POST", "/recognition/subjects", { json: { subject } }); }
  renameSubject(name, subject) {
    return this.send("PUT", `/recognition/subjects/${segment(name)}`, { json: { subject } });
  }
  removeSubject(name) { return this.send("DELETE", `/recognition/subjects/${segment(name)}`); }
  removeAllSubjects() { return this.send("DELETE", "/recognition/subjects"); }

  faces({ subject, page = 0, size = 15 }, options) {
    const query = new URLSearchParams({ page, size });
    if (subject !== null && subject !== undefined) query.set("subject", subject);
    return this.send("GET", `/recognition/faces?${query}`, options);
  }
  addFace(subject, file, options) {
    const form = new FormData();
    form.append("file", file, file.name);
    return this.upload(`/recognition/faces?subject=${segment(subject)}`, form, options);
  }
  removeFaces(ids) { return this.send("POST", "/recognition/faces/delete", { json: ids }); }
  imageAddress(id) { return `/api/v1/static/${segment(this.key)}/images/${segment(id)}`; }
}

let limits = null;

/// The largest picture and request that the server takes, in bytes.
export function sizeLimits() {
  limits ??= reach("/api/v1/config").then(async (response) => {
    if (!response.ok) throw await failureOf(response);
    return response.json();
  }).catch(() => {
    limits = null;
    return { clientMaxFileSize: 5 * 1024 * 1024, clientMaxBodySize: 10 * 1024 * 1024 };
  });
  return limits;
}

/// Blends the face of `source` into `target`; resolves to a picture.
export async function fuse(source, target, { signal } = {}) {
  const form = new FormData();
  form.append("source", source, source.name);
  form.append("target", target, target.name);
  const response = await reach("/v1/fuse", { method: "POST", body: form, headers: { Accept: "image/*" }, signal });
  if (!response.ok) throw await failureOf(response);
  return response.blob();
}
