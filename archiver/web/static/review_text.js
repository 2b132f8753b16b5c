// Selecting in captured text. Places are counted in code points, as the archive counts them, and
// not in the UTF-16 units of the browser.
"use strict";
const reviewText = (() => {
  const points = (text) => Array.from(text).length;

  function containerOf(node) {
    const element = node && (node.nodeType === Node.ELEMENT_NODE ? node : node.parentElement);
    return element ? element.closest(".captured") : null;
  }

  // How many code points stand before a place of the container.
  function before(container, node, offset) {
    const range = document.createRange();
    range.setStart(container, 0);
    range.setEnd(node, offset);
    return points(range.toString());
  }

  // What is selected inside one captured text, or null.
  function selected() {
    const selection = window.getSelection();
    if (!selection || selection.rangeCount === 0 || selection.isCollapsed) return null;
    const range = selection.getRangeAt(0);
    const container = containerOf(range.startContainer);
    if (!container || container !== containerOf(range.endContainer)) return null;
    const start = before(container, range.startContainer, range.startOffset);
    const text = range.toString();
    return text ? { what: container.dataset.what, start, end: start + points(text), text } : null;
  }

  // Put the caret behind so many code points.
  function place(container, offset) {
    const walker = document.createTreeWalker(container, NodeFilter.SHOW_TEXT);
    let left = offset;
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const letters = Array.from(node.data);
      if (left <= letters.length) {
        window.getSelection().collapse(node, letters.slice(0, left).join("").length);
        return;
      }
      left -= letters.length;
    }
    window.getSelection().selectAllChildren(container);
    window.getSelection().collapseToEnd();
  }

  // A caret in the text for the keyboard; nothing can be typed into it.
  function open(container) {
    container.setAttribute("contenteditable", "true");
    container.setAttribute("role", "textbox");
    container.setAttribute("aria-multiline", "true");
    container.setAttribute("aria-readonly", "true");
    container.setAttribute("aria-label", container.dataset.name);
    container.setAttribute("spellcheck", "false");
  }

  function close(container) {
    for (const name of ["contenteditable", "role", "aria-multiline", "aria-readonly", "aria-label"]) {
      container.removeAttribute(name);
    }
  }

  document.addEventListener("beforeinput", (event) => {
    if (containerOf(event.target)) event.preventDefault();
  });

  return { selected, place, open, close };
})();
