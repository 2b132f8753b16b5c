// How many items of the list are chosen.
"use strict";
(() => {
  const form = document.getElementById("many");
  const told = document.getElementById("chosen");
  if (!form || !told) return;
  const ticks = [...form.querySelectorAll('input[name="item"]')];
  const count = () => {
    told.textContent = `(${ticks.filter((each) => each.checked).length})`;
  };
  form.addEventListener("change", (event) => {
    if (event.target.name === "item") {
      form.querySelector('input[name="meant"][value="selected"]').checked = true;
    }
    count();
  });
  count();
})();
