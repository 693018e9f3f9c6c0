// SPDX-License-Identifier: Apache-2.0
// Part of FaceKit.

import { h, identifier } from "./elements.js";
import { icon } from "./icons.js";

/// A button that opens a menu.
///
/// - `items`: `{ label, icon, action | href, danger, checked }`, `"-"` for a line, or an element; empty ones are left out.
///   A function is asked each time the menu opens.
export function menuButton({ label, content, items, buttonClass = "button button-quiet button-icon", head }) {
  const id = identifier("menu");
  const menu = h("div", { id, class: "menu", popover: "auto", role: "menu", "aria-label": label });
  const button = h(
    "button",
    {
      type: "button", class: buttonClass, "aria-haspopup": "menu", "aria-expanded": "false", "aria-label": label,
      title: content ? null : label, popovertarget: id,
      onkeydown(event) {
        if (event.key === "ArrowDown") { event.preventDefault(); menu.showPopover(); }
      },
    },
    content ?? icon("more"),
  );
  const parts = () => (typeof items === "function" ? items() : items).filter(Boolean).map((item) => {
    if (item === "-") return h("hr");
    if (item instanceof Node) return item;
    const attributes = {
      class: ["menu-item", item.danger && "menu-item-danger"], tabindex: "-1",
      role: item.checked === undefined ? "menuitem" : "menuitemradio",
      "aria-checked": item.checked === undefined ? null : String(item.checked),
      onclick: () => { menu.hidePopover(); item.action?.(); },
    };
    const inner = [item.icon && icon(item.icon), h("span", null, item.label)];
    return item.href ? h("a", { ...attributes, href: item.href }, inner) : h("button", { ...attributes, type: "button" }, inner);
  });
  const entries = () => [...menu.querySelectorAll(".menu-item")];
  menu.addEventListener("beforetoggle", (event) => {
    if (event.newState === "open") menu.replaceChildren(...(head ? [head, h("hr")] : []), ...parts());
  });
  menu.addEventListener("toggle", (event) => {
    const open = event.newState === "open";
    button.setAttribute("aria-expanded", String(open));
    if (!open) return;
    place(menu, button);
    entries()[0]?.focus();
  });
  menu.addEventListener("keydown", (event) => {
    const all = entries();
    const index = all.indexOf(document.activeElement);
    const moves = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: all.length - 1 };
    if (event.key in moves) {
      event.preventDefault();
      all[(moves[event.key] + all.length) % all.length]?.focus();
    } else if (event.key === "Tab") {
      menu.hidePopover();
    }
  });
  return h("span", { class: "menu-anchor" }, button, menu);
}

function place(menu, button) {
  const anchor = button.getBoundingClientRect();
  const size = menu.getBoundingClientRect();
  const left = Math.max(8, Math.min(anchor.right - size.width, innerWidth - size.width - 8));
  const below = anchor.bottom + 6;
  menu.style.left = `${left}px`;
  menu.style.top = `${below + size.height > innerHeight - 8 ? Math.max(8, anchor.top - size.height - 6) : below}px`;
}

addEventListener("scroll", () => document.querySelector(".menu:popover-open")?.hidePopover(), { passive: true });
addEventListener("resize", () => document.querySelector(".menu:popover-open")?.hidePopover());
