// Passkeys: a form marked data-passkey asks our API for options, the browser for a passkey, and is then sent with it.
(() => {
  "use strict";
  const can = Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON && navigator.credentials);
  let waiting = null; // what the browser offers in the field of the address, until somebody presses a button

  const options = async (form) => {
    const token = form.elements.token ? form.elements.token.value : null;
    const answer = await fetch(form.dataset.options, {
      method: "POST",
      headers: token === null ? {} : { "content-type": "application/json" },
      body: token === null ? null : JSON.stringify({ second_factor_token: token }),
    });
    const told = await answer.json();
    if (answer.ok) return JSON.parse(told.options);
    if (told.code === "step_up_required") location.assign(`/security/confirm?next=${encodeURIComponent(location.pathname)}`);
    throw new Error(told.code);
  };

  const ask = async (form, more = {}) => {
    const told = await options(form);
    return form.dataset.passkey === "create"
      ? navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(told) })
      : navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(told), ...more });
  };

  const send = (form, credential) => {
    form.elements.credential.value = JSON.stringify(credential);
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    // Where there is no other way, a browser that cannot says so when it is asked.
    form.hidden = !can && !("passkeyOnly" in form.dataset);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (waiting) waiting.abort();
      form.querySelector("[data-passkey-failed]").hidden = true;
      try {
        send(form, await ask(form));
      } catch (error) {
        form.querySelector("[data-passkey-failed]").hidden = false;
      }
    });
  }

  const offered = document.querySelector("form[data-passkey-offer]");
  if (!can || !offered || !PublicKeyCredential.isConditionalMediationAvailable) return;
  PublicKeyCredential.isConditionalMediationAvailable().then(async (offers) => {
    if (!offers) return;
    waiting = new AbortController();
    try {
      send(offered, await ask(offered, { mediation: "conditional", signal: waiting.signal }));
    } catch (error) {
      // Nobody chose one, or a button was pressed: the page is as it was.
    }
  });
})();
