// After a refusal each field says what is wrong with it: what is put right since then is said no more.
document.getElementById("refused")?.focus();
document.addEventListener("htmx:afterSettle", () => {
  if (!document.querySelector("#draft [name=shows_wrong]")) return;
  const wrong = new Map();
  for (const one of document.querySelectorAll("#looked .finding-error")) {
    const words = one.querySelector(".finding-words").textContent;
    wrong.set(one.dataset.field, [...(wrong.get(one.dataset.field) ?? []), words]);
  }
  for (const slot of document.querySelectorAll("#draft [data-wrong]")) {
    const words = wrong.get(slot.dataset.wrong)?.join(" ") ?? "";
    if (slot.textContent && !words) slot.textContent = "";
    else if (words && !slot.textContent) slot.textContent = words;
    const field = document.getElementById(`f-${slot.dataset.wrong}`);
    if (words) field?.setAttribute("aria-invalid", "true");
    else field?.removeAttribute("aria-invalid");
  }
  const told = document.querySelectorAll("#refused li");
  for (const one of told) one.hidden = !wrong.has(one.dataset.field);
  if (told.length) document.getElementById("refused").hidden = [...told].every((one) => one.hidden);
});
document.querySelector("[data-keep]")?.addEventListener("click", () => document.querySelector(".replaced").remove());
