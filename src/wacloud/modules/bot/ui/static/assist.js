// Help with replies: what is proposed goes into the composer, where somebody reads it; one press takes it back.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  let before = "";

  const put = (text) => {
    const reply = $("reply");
    if (!reply) return;
    reply.value = text;
    reply.dispatchEvent(new Event("input", { bubbles: true }));
    reply.focus();
  };
  const close = () => { $("assisted")?.replaceChildren(); };
  const offer = () => {
    const isEmpty = !$("reply")?.value.trim();
    for (const button of document.querySelectorAll("#assist-menu [data-needs-text]")) button.disabled = isEmpty;
  };

  document.addEventListener("toggle", (event) => { if (event.target.id === "assist-menu" && event.target.open) htmx.trigger(event.target, "assist-open"); }, true);
  document.addEventListener("click", (event) => {
    const menu = $("assist-menu");
    if (menu?.open && !event.target.closest("#assist-menu")) menu.open = false;
    if (event.target.closest("[data-assist]") && menu) { menu.open = false; close(); }
    if (event.target.closest("[data-assist-close]")) { close(); $("reply")?.focus(); }
    if (event.target.closest("[data-assist-undo]")) { put(before); close(); }
  });
  document.body.addEventListener("htmx:beforeRequest", (event) => { if (event.detail.elt.matches("[data-assist]")) $("assist-menu")?.classList.add("is-busy"); });
  document.body.addEventListener("htmx:afterRequest", (event) => { if (event.detail.elt.matches("[data-assist]")) $("assist-menu")?.classList.remove("is-busy"); });
  document.body.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "assist-list") offer();
    if (event.detail.target.id !== "assisted") return;
    const proposed = event.detail.target.querySelector("[data-into-reply]");
    if (!proposed) return;
    before = $("reply")?.value ?? "";
    put(proposed.dataset.intoReply);
  });
  // A message that was sent needs no proposal any more.
  document.body.addEventListener("htmx:beforeSwap", (event) => { if (event.detail.target.id === "composer") before = ""; });
})();
