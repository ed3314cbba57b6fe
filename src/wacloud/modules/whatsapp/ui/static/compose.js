// The + menu's forms in a dialog, answering a message, and jumping to what is quoted. Links do it without this file.
const $ = (id) => document.getElementById(id);

const off = () => { const bar = $("answer"); if (bar) bar.replaceChildren(); };

document.addEventListener("htmx:afterSwap", (event) => {
  const { id } = event.detail.target;
  if (id === "extra-body") {
    const plus = $("plus");
    if (plus) plus.open = false;
    if (!$("extra").open) $("extra").showModal();
  }
  if (id === "answer" && event.detail.target.children.length) $("reply")?.focus();
  const wrong = event.detail.elt?.querySelector?.(".extra-form [aria-invalid]") || document.querySelector("#extra [aria-invalid]");
  if (wrong && $("extra")?.open) wrong.focus();
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
  const plus = $("plus");
  if (plus?.open && !at.closest("#plus")) plus.open = false;
});

document.addEventListener("keydown", (event) => {
  const plus = $("plus");
  if (event.key === "Escape" && plus?.open) { plus.open = false; plus.querySelector("summary").focus(); event.stopPropagation(); }
}, true);
