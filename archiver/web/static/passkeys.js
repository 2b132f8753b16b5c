// Passkeys: asks the device, and sends its answer as an ordinary form. Browsers that cannot do it
// keep the forms hidden.
"use strict";
const able =
  window.PublicKeyCredential &&
  PublicKeyCredential.parseCreationOptionsFromJSON &&
  PublicKeyCredential.parseRequestOptionsFromJSON;

async function askDevice(kind, options) {
  if (kind === "create") {
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    return navigator.credentials.create({ publicKey });
  }
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  return navigator.credentials.get({ publicKey });
}

async function answer(form) {
  const said = form.querySelector("[data-said]");
  said.hidden = true;
  try {
    const response = await fetch(form.dataset.options, {
      method: "POST",
      headers: { "X-CSRF": document.body.dataset.csrf || "" },
    });
    if (!response.ok) throw new Error(String(response.status));
    const credential = await askDevice(form.dataset.passkey, await response.json());
    form.elements.answer.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch {
    said.hidden = false;
  }
}

for (const form of able ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    answer(form);
  });
}
