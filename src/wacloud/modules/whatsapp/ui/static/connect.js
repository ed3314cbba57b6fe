// Meta's Embedded Signup: its window gives a code (by the login) and says what was chosen (by a message), in either
// order, and sometimes only one of them. The code lasts 30 seconds, so it goes to the server at once; the rest is a hint.
(() => {
  "use strict";
  const box = document.getElementById("signup");
  if (!box) return;
  const address = `/numbers/connections/${box.dataset.connection}`;
  const dialog = box.dataset.dialog;
  const buttons = [...box.querySelectorAll("[data-signup]")];
  let session = null; // what the window said, being sent
  let isGoing = false;

  const say = (which) => {
    for (const line of box.querySelectorAll("[data-said]")) line.hidden = line.dataset.said !== which;
  };
  const lock = (is) => { for (const button of buttons) button.disabled = is; };
  const post = (path, fields) => fetch(path, { method: "POST", body: new URLSearchParams(fields), redirect: "manual" });
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));

  // The host itself or one below it: a mere ending would let evilfacebook.com speak, too.
  const isMeta = (origin) => {
    if (dialog) return origin === new URL(dialog).origin;
    let from;
    try { from = new URL(origin); } catch { return false; }
    return from.protocol === "https:" && (from.hostname === "facebook.com" || from.hostname.endsWith(".facebook.com"));
  };

  const gotSession = (told) => {
    const data = told.data && typeof told.data === "object" ? told.data : {};
    const fields = { event: String(told.event ?? "").slice(0, 80) };
    for (const name of ["waba_id", "phone_number_id", "current_step", "error_message", "error_id"]) {
      if (data[name] != null) fields[name] = String(data[name]).slice(0, 300);
    }
    session = post(`${address}/session`, fields).catch(() => {});
  };

  const gotCode = async (code) => {
    if (isGoing) return;
    isGoing = true;
    if (code) {
      say("going");
      await post(address, { step: "access", code }).catch(() => {});
    } else {
      await pause(500); // the message of a window that was cancelled may come after its end
    }
    await session;
    location.assign(address);
  };

  window.addEventListener("message", (event) => {
    if (!isMeta(event.origin)) return;
    let told = event.data;
    if (typeof told === "string") {
      try { told = JSON.parse(told); } catch { return; }
    }
    if (told?.type === "WA_EMBEDDED_SIGNUP") gotSession(told);
    else if (dialog && told?.type === "TWIN_LOGIN") gotCode(told.code);
  });

  const byFacebook = (feature) => {
    if (typeof FB === "undefined") { say("blocked"); return; }
    lock(true);
    say("wait");
    FB.login((answer) => gotCode(answer?.authResponse?.code), {
      config_id: box.dataset.config,
      response_type: "code",
      override_default_response_type: true,
      extras: { setup: {}, sessionInfoVersion: "3", ...(feature ? { featureType: feature } : {}) },
    });
  };

  const byTwin = (feature) => {
    const query = new URLSearchParams({ origin: location.origin, name: box.dataset.name, feature });
    const opened = window.open(`${dialog}?${query}`, "signup", "popup,width=520,height=760");
    if (!opened) { say("blocked"); return; }
    lock(true);
    say("wait");
    const watch = setInterval(() => {
      if (!opened.closed) return;
      clearInterval(watch);
      setTimeout(() => gotCode(null), 1500);
    }, 300);
  };

  if (!dialog && typeof FB !== "undefined") {
    FB.init({ appId: box.dataset.app, autoLogAppEvents: false, xfbml: false, version: box.dataset.version });
  }
  for (const button of buttons) {
    button.addEventListener("click", () => (dialog ? byTwin : byFacebook)(button.dataset.signup));
  }
  lock(false);
})();
