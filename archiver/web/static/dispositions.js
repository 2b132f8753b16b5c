// The button that destroys can be pressed only once the words are typed; the server asks again.
"use strict";
for (const form of document.querySelectorAll("form[data-phrase]")) {
  const field = form.querySelector("input[name=typed]");
  const button = form.querySelector("button.danger");
  const look = () => {
    const typed = field.value.trim().replace(/\s+/g, " ").toLowerCase();
    button.disabled = typed !== form.dataset.phrase;
  };
  field.addEventListener("input", look);
  look();
}
