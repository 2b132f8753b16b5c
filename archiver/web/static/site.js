// What pages need beyond forms and htmx: the token on every request that changes something,
// closing menus by Escape, and forms that ask before they act.
"use strict";
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRF"] = document.body.dataset.csrf || "";
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const open of document.querySelectorAll("details.me[open]")) open.removeAttribute("open");
  }
  if (event.key === "/" && !event.target.closest("input, textarea, select, [contenteditable]")) {
    const find = document.getElementById("find");
    if (find) {
      event.preventDefault();
      find.focus();
    }
  }
});
document.addEventListener("submit", (event) => {
  const asked = event.target.dataset.confirm;
  if (asked && !window.confirm(asked)) event.preventDefault();
});
