// The review of one item by keys: every key presses the button, link or field that carries it in
// data-key. They do nothing inside fields, and can be switched off.
"use strict";
(() => {
  const page = document.getElementById("review-item");
  if (!page) return;
  const OFF = "archiver.review.keys-off";
  const FIELDS = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";
  const keys = document.getElementById("keys");
  const on = document.getElementById("keys-on");
  const announce = document.getElementById("announce");
  const panel = () => document.getElementById("panel");
  let redacting = false;
  let busy = false;
  let leaving = false;
  let waiting = ""; // a key that was pressed while marks were on their way
  let caret = null;

  document.documentElement.classList.add("js");
  htmx.config.defaultSettleDelay = 0;
  htmx.config.attributesToSettle = ["class"]; // of styles, which the policy of the page forbids, none
  const say = (text) => { announce.textContent = ""; announce.textContent = text; };

  // -- switching the keys off ---------------------------------------------------------------
  const switched = () => {
    document.documentElement.classList.toggle("no-keys", !on.checked);
    if (on.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "yes");
  };
  on.checked = localStorage.getItem(OFF) === null;
  switched();
  on.addEventListener("change", switched);
  document.getElementById("help").addEventListener("click", () => keys.showModal());

  // -- pressing -----------------------------------------------------------------------------
  const carrier = (key) => document.querySelector(`[data-key~="${CSS.escape(key)}"]`);
  function press(key) {
    const found = carrier(key);
    if (!found || found.disabled || found.closest("details:not([open])")) return false;
    if (found.matches("select, input")) found.focus();
    else found.click();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.repeat || keys.open || event.target.closest(FIELDS)) return;
    if (busy && carrier(event.key)) waiting = event.key;
    else if (busy || !press(event.key)) return;
    event.preventDefault();
  });

  // A ground is needed: go to its field instead of sending what will be refused.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-needs]");
    const needed = button && document.getElementById(button.dataset.needs);
    if (!needed || needed.value) return;
    event.preventDefault();
    event.stopPropagation();
    needed.focus();
    say(page.dataset.groundFirst);
  }, true);

  // -- the ground's own words ---------------------------------------------------------------
  document.addEventListener("change", (event) => {
    if (event.target.id !== "f-code") return;
    const chosen = event.target.selectedOptions[0];
    document.getElementById("t-code").textContent = chosen.dataset.text || "";
  });

  // -- text ---------------------------------------------------------------------------------
  const texts = () => document.querySelectorAll(".captured");
  function mode(wanted, quietly) {
    redacting = wanted;
    for (const each of texts()) (wanted ? reviewText.open : reviewText.close)(each);
    const button = document.getElementById("mode");
    if (button) button.setAttribute("aria-pressed", String(wanted));
    if (quietly) return;
    if (wanted) {
      const text = document.querySelector('.captured[data-what="text"]') || texts()[0];
      text.focus();
      reviewText.place(text, 0);
      say(page.dataset.modeHelp);
    } else if (button) button.focus();
  }
  document.addEventListener("click", (event) => {
    if (event.target.closest("#mode")) mode(!redacting);
  });
  document.addEventListener("selectionchange", () => {
    const found = reviewText.selected();
    const button = document.getElementById("mark-selection");
    if (!found || !button) return;
    document.getElementById("f-what").value = found.what;
    document.getElementById("f-start").value = found.start;
    document.getElementById("f-end").value = found.end;
    document.getElementById("selected").textContent = `“${found.text}”`;
    button.disabled = false;
  });
  document.addEventListener("keydown", (event) => {
    if (!redacting || keys.open) return;
    if (event.key === "Escape") mode(false);
    else if (event.key === "Enter" && event.target.closest(".captured[contenteditable]")) {
      const found = reviewText.selected();
      if (found && !busy) {
        caret = found;
        document.getElementById("mark-selection").click();
      }
    } else return;
    event.preventDefault();
  });

  // Enter in a field marks words, and nothing else: no other field sends the form.
  page.addEventListener("keydown", (event) => {
    const typed = event.target.closest("#decide input:not(#f-phrase)");
    if (typed && event.key === "Enter" && typed.type !== "submit") event.preventDefault();
  });

  // -- marks on their way -------------------------------------------------------------------
  document.addEventListener("htmx:beforeRequest", () => { busy = true; });
  document.addEventListener("htmx:afterSwap", () => settle());
  document.addEventListener("htmx:afterRequest", (event) => {
    busy = false;
    waiting = "";
    if (!event.detail.successful) warn(page.dataset.failed);
  });
  function warn(text) {
    for (const old of panel().querySelectorAll(".warned")) old.remove();
    const told = document.createElement("p");
    told.className = "notice bad warned";
    told.setAttribute("role", "alert");
    told.textContent = text;
    panel().querySelector(".now").after(told);
  }
  function settle() {
    busy = false;
    say(panel().dataset.said);
    reviewRegions.refresh();
    if (redacting) {
      mode(true, true);
      const text = caret && document.querySelector(`.captured[data-what="${caret.what}"]`);
      if (text) {
        text.focus();
        reviewText.place(text, caret.end);
      }
    } else if (document.activeElement === document.body) {
      document.getElementById("panel-title").focus({ preventScroll: true });
    }
    caret = null;
    const key = waiting;
    waiting = "";
    if (key) press(key);
  }
  document.addEventListener("submit", (event) => {
    if (busy) event.preventDefault(); // the marks that are on their way would be lost
    else if (event.target.id === "decide" && reviewRegions.unmarked()) {
      event.preventDefault();
      warn(page.dataset.unmarked);
    } else if (!event.defaultPrevented) leaving = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!leaving && panel().dataset.dirty === "yes") event.preventDefault();
  });
  reviewRegions.refresh();
})();
