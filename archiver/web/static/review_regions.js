// Regions of pictures: drawn with a pointer, or moved and sized with keys. All places are in the
// picture's own pixels, whatever size it is shown in.
"use strict";
const reviewRegions = (() => {
  const NAMES = ["x", "y", "width", "height"];
  const SMALLEST = 4; // pixels: less is a click
  const svg = (name, values) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(values)) made.setAttribute(key, value);
    return made;
  };
  const field = (name) => document.getElementById(`f-${name}`);
  const clamp = (value, most) => Math.max(0, Math.min(most, value));

  class Canvas {
    constructor(frame) {
      this.frame = frame;
      this.file = frame.dataset.file;
      this.image = frame.querySelector("img");
      this.region = null;
      this.began = null;
      if (this.image.complete) this.start();
      else this.image.addEventListener("load", () => this.start());
    }

    start() {
      this.width = this.image.naturalWidth;
      this.height = this.image.naturalHeight;
      if (!this.width || this.layer) return;
      this.layer = svg("svg", {
        viewBox: `0 0 ${this.width} ${this.height}`, preserveAspectRatio: "none", class: "draws",
      });
      this.marks = svg("g", { "aria-hidden": "true" });
      this.layer.append(this.marks);
      this.frame.append(this.layer);
      if (field("x")) {
        this.layer.addEventListener("pointerdown", (event) => this.press(event));
        this.layer.addEventListener("pointermove", (event) => this.drag(event));
        this.layer.addEventListener("pointerup", () => this.release());
        this.layer.addEventListener("pointercancel", () => this.drop());
      } else this.layer.classList.remove("draws");
      this.show();
    }

    // The marks that the panel lists.
    show() {
      if (!this.layer) return;
      this.marks.replaceChildren();
      for (const each of document.querySelectorAll(`#panel li[data-file="${this.file}"]`)) {
        const data = each.dataset;
        const all = data.what === "media";
        const look = "hint" in data ? "looked" : all ? "box" : data.style;
        this.marks.append(svg("rect", {
          class: look, x: all ? 0 : data.x, y: all ? 0 : data.y,
          width: all ? this.width : data.width, height: all ? this.height : data.height,
        }));
      }
    }

    at(event) {
      const shown = this.layer.getBoundingClientRect();
      return {
        x: clamp(Math.round((event.clientX - shown.left) * this.width / shown.width), this.width),
        y: clamp(Math.round((event.clientY - shown.top) * this.height / shown.height), this.height),
      };
    }

    press(event) {
      if (event.button !== 0) return;
      event.preventDefault();
      this.layer.setPointerCapture(event.pointerId);
      this.began = this.at(event);
    }

    drag(event) {
      if (!this.began) return;
      const here = this.at(event);
      this.set({
        x: Math.min(this.began.x, here.x), y: Math.min(this.began.y, here.y),
        width: Math.abs(here.x - this.began.x), height: Math.abs(here.y - this.began.y),
      });
    }

    release() {
      if (!this.began) return;
      this.began = null;
      const found = this.region;
      if (!found || found.width < SMALLEST || found.height < SMALLEST) this.drop();
      else this.rect.focus();
    }

    // A region in the middle, for the keyboard.
    begin() {
      const width = Math.max(1, Math.round(this.width / 4));
      const height = Math.max(1, Math.round(this.height / 4));
      this.set({
        x: Math.round((this.width - width) / 2), y: Math.round((this.height - height) / 2),
        width, height,
      });
      this.rect.focus();
    }

    set(region) {
      this.region = region;
      if (!this.rect) {
        this.rect = svg("rect", { class: "new", tabindex: "0", role: "application" });
        this.rect.addEventListener("keydown", (event) => this.key(event));
        this.layer.append(this.rect);
      }
      for (const name of NAMES) {
        this.rect.setAttribute(name, region[name]);
        field(name).value = region[name];
      }
      field("file").value = this.file;
      document.getElementById("region").open = true;
      this.rect.setAttribute("aria-label",
        `${this.frame.dataset.file}: ${region.x}, ${region.y}, ${region.width} × ${region.height}. ` +
        document.getElementById("review-item").dataset.regionHelp);
    }

    key(event) {
      const step = event.altKey ? 1 : Math.max(1, Math.round(this.width / 100));
      const moves = {
        ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step],
      };
      const { x, y, width, height } = this.region;
      if (event.key in moves) {
        const [dx, dy] = moves[event.key];
        this.set(event.shiftKey
          ? { x, y, width: Math.max(1, Math.min(width + dx, this.width - x)),
              height: Math.max(1, Math.min(height + dy, this.height - y)) }
          : { x: clamp(x + dx, this.width - width), y: clamp(y + dy, this.height - height), width, height });
      } else if (event.key === "Enter") document.getElementById("mark-region").click();
      else if (event.key === "Escape") this.drop();
      else if (event.key === "b" || event.key === "l") {
        field("style").value = event.key === "b" ? "box" : "blur";
      } else return;
      event.preventDefault();
      event.stopPropagation();
    }

    drop() {
      this.began = this.region = null;
      if (this.rect) this.rect.remove();
      this.rect = null;
      for (const name of NAMES) field(name).value = "";
    }
  }

  const canvases = new Map();
  for (const frame of document.querySelectorAll(".canvas")) {
    canvases.set(frame.dataset.file, new Canvas(frame));
  }
  for (const button of document.querySelectorAll(".new-region")) {
    button.addEventListener("click", () => canvases.get(button.dataset.for).begin());
  }

  // After the marks changed: draw them, and let the previews show them.
  function refresh() {
    const words = [...document.querySelectorAll('#decide input[name="mark"]')].map((each) => each.value);
    for (const canvas of canvases.values()) {
      if (canvas.rect && !field("x").value) canvas.drop();
      canvas.show();
    }
    for (const link of document.querySelectorAll("a.preview")) {
      const address = new URL(link.href);
      address.search = "";
      for (const word of words) if (/^(box|blur):/.test(word)) address.searchParams.append("mark", word);
      link.href = address.href;
    }
  }
  // Is there a region that was drawn and not marked? It gets the focus.
  function unmarked() {
    const found = [...canvases.values()].find((each) => each.rect);
    if (found) found.rect.focus();
    return Boolean(found);
  }
  return { refresh, unmarked };
})();
