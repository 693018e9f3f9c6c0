// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { admin } from "./interface.js";

/// Who is logged in, and what that person may do on the whole server.
export const session = {
  user: null,
  role: "USER",

  /// Whether someone is logged in; asks the server once.
  async load() {
    if (this.user) return true;
    try {
      this.user = await admin.me();
      const assignable = await admin.assignableGlobalRoles();
      this.role = assignable.includes("OWNER") ? "OWNER" : assignable.length > 0 ? "ADMINISTRATOR" : "USER";
      return true;
    } catch (error) {
      this.clear();
      if (error.status === 401) return false;
      throw error;
    }
  },

  clear() {
    this.user = null;
    this.role = "USER";
  },

  /// Whether the person administers the whole server.
  get isGlobalAdministrator() { return this.role !== "USER"; },

  /// Whether the person may rename or remove `application` and manage its users.
  mayManage(application) { return this.isGlobalAdministrator || application.role === "OWNER"; },

  /// Whether the person may create, rename, clone and remove services of `application`.
  mayManageServices(application) { return this.mayManage(application) || application.role === "ADMINISTRATOR"; },
};

export function fullName(person) {
  return [person.firstName, person.lastName].filter(Boolean).join(" ") || person.email || "";
}

export function initials(person) {
  const letters = [person.firstName, person.lastName].map((name) => [...(name ?? "")][0] ?? "").join("");
  return (letters || [...(person.email ?? "?")][0]).toUpperCase();
}
