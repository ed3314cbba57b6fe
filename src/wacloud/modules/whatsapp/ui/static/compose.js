// Menus, their forms in a dialog, answering a message, and jumping to what is quoted. Links do it without this file.
const $ = (id) => document.getElementById(id);

const MENUS = "#plus[open], #desk-more[open], .views[open]";
// But not the one that is being used.
const closeMenus = (used) => { for (const menu of document.querySelectorAll(MENUS)) if (!used || !menu.contains(used)) menu.open = false; };

const off = () => { const bar = $("answer"); if (bar) bar.replaceChildren(); };

document.addEventListener("htmx:afterSwap", (event) => {
  const { id } = event.detail.target;
  if (id === "extra-body") {
    closeMenus();
    if (!$("extra").open) $("extra").showModal();
  }
  if (id === "answer" && event.detail.target.children.length) $("reply")?.focus();
  const wrong = event.detail.elt?.querySelector?.(".extra-form [aria-invalid]") || document.querySelector("#extra [aria-invalid]");
  if (wrong && $("extra")?.open) wrong.focus();
});

// A receipt opens below its message, which may be the last one that is seen.
const showReceipt = (receipt) => receipt?.open && receipt.closest("li").scrollIntoView({ block: "nearest" });
document.addEventListener("toggle", (event) => { if (event.target.matches?.(".receipt")) showReceipt(event.target); }, true);
document.addEventListener("htmx:afterSettle", (event) => showReceipt(event.detail.target.closest?.(".receipt")));

document.addEventListener("input", (event) => {
  if (event.target.id !== "reply" || !$("composer-error")) return;
  $("composer-error").remove();
  event.target.removeAttribute("aria-invalid");
});

document.body.addEventListener("extra-sent", () => {
  $("extra").close();
  $("extra-body").replaceChildren();
  $("reply")?.focus();
});

document.addEventListener("click", (event) => {
  const at = event.target;
  if (at.closest("#extra [data-extra-close]")) { event.preventDefault(); $("extra").close(); $("reply")?.focus(); }
  if (at.closest("[data-answer-off]")) { event.preventDefault(); off(); $("reply")?.focus(); }
  const quote = at.closest("a.quote");
  const quoted = quote && $(quote.hash.slice(1));
  if (quoted) {
    event.preventDefault();
    quoted.scrollIntoView({ block: "center" });
    location.replace(quote.hash);
  }
  closeMenus(at);
});

document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector(MENUS);
  if (open) { open.open = false; open.querySelector("summary").focus(); event.stopPropagation(); }
}, true);
