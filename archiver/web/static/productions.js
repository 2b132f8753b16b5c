// Tells a screen reader when another step of a production begins, and only then.
"use strict";
document.addEventListener("htmx:afterSwap", () => {
  const work = document.getElementById("work");
  const told = document.getElementById("now");
  if (work && told && told.textContent !== work.dataset.now) told.textContent = work.dataset.now;
});
