// Completing names and canned replies while one writes, and the key for notes. Forms work without this file.
const $ = (id) => document.getElementById(id);
let open = null; // { box, list, from, shown, at }

const close = () => {
  if (!open) return;
  open.list.hidden = true;
  open.box.removeAttribute("aria-activedescendant");
  open = null;
};

const mark = (at) => {
  open.at = (at + open.shown.length) % open.shown.length;
  open.shown.forEach((one, n) => one.setAttribute("aria-selected", String(n === open.at)));
  open.box.setAttribute("aria-activedescendant", open.shown[open.at].id);
  open.shown[open.at].scrollIntoView({ block: "nearest" });
};

// The word at the cursor, where it begins with the field's sign; `/` only begins a text.
const wordOf = (box) => {
  const before = box.value.slice(0, box.selectionStart);
  const sign = box.dataset.trigger;
  const from = before.lastIndexOf(sign);
  if (from < 0 || (sign === "/" ? from > 0 : from > 0 && !/\s/.test(before[from - 1]))) return null;
  const word = before.slice(from + 1);
  return word.length > 40 || word.includes("\n") ? null : { from, word: word.toLowerCase() };
};

const look = (box) => {
  const found = wordOf(box);
  const list = $(box.dataset.choices);
  const fits = (one) => one.dataset.word.toLowerCase().startsWith(found.word);
  const shown = found && list ? [...list.children].filter(fits) : [];
  close();
  if (!shown.length) return;
  for (const one of list.children) one.hidden = !shown.includes(one);
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  list.hidden = false;
  open = { box, list, from: found.from, shown, at: 0 };
  mark(0);
};

const take = (one) => {
  const { box, from } = open;
  box.setRangeText(one.dataset.insert, from, box.selectionStart, "end");
  close();
  box.focus();
  box.dispatchEvent(new Event("input", { bubbles: true }));
  close();
  box.dispatchEvent(new CustomEvent("choice:taken", { bubbles: true, detail: one }));
};

document.addEventListener("input", (event) => { if (event.target.dataset?.choices) look(event.target); });
document.addEventListener("focusout", (event) => { if (open?.box === event.target) setTimeout(close, 150); });
document.addEventListener("mousedown", (event) => {
  const one = event.target.closest(".choices li");
  if (one && open) { event.preventDefault(); take(one); }
});

document.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  const at = event.target;
  if (open && open.box === at) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) mark(open.at + step);
    else if (event.key === "Enter" || event.key === "Tab") take(open.shown[open.at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  const noting = $("noting");
  if (!noting) return;
  if (at.id === "note-text") {
    if (event.key === "Enter" && !event.shiftKey && !event.altKey) { event.preventDefault(); at.form.requestSubmit(); }
    if (event.key === "Escape") { event.preventDefault(); event.stopImmediatePropagation(); noting.open = false; noting.querySelector("summary").focus(); }
    return;
  }
  if (at.matches("input, textarea, select, [contenteditable]") || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "n") { event.preventDefault(); noting.open = true; $("note-text").focus(); }
  if (event.key === "r") noting.open = false;
}, true);

document.addEventListener("toggle", (event) => {
  if (event.target.id === "noting") (event.target.open ? $("note-text") : $("reply"))?.focus();
}, true);

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-canned]");
  const box = $("reply");
  if (!link || !box) return;
  event.preventDefault();
  $("canned").open = false;
  box.setRangeText(link.dataset.canned, box.selectionStart, box.selectionEnd, "end");
  box.focus();
});

// What the assistant would say is there to be changed before it is sent.
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button[data-reply]");
  const box = $("reply");
  if (!button || !box) return;
  box.setRangeText(button.dataset.reply, box.selectionStart, box.selectionEnd, "end");
  box.dispatchEvent(new Event("input", { bubbles: true }));
  box.focus();
});

// Whoever types a time of their own means it.
document.addEventListener("input", (event) => {
  const name = event.target.dataset?.checks;
  const own = name && event.target.form.querySelector(`input[name="${name}"][value=""]`);
  if (own) own.checked = true;
});

// What is being searched for is part of the view that is saved.
document.addEventListener("submit", (event) => {
  if (event.target.matches?.(".views-save") && $("search")) event.target.elements.q.value = $("search").value;
}, true);

// A handful of emoji at the cursor; the list stays open for another.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-emoji]");
  const list = $("emoji");
  const box = $("reply");
  const put = event.target.closest?.("#emoji [data-put]");
  if (!list || !box) return;
  if (put) {
    box.setRangeText(put.dataset.put, box.selectionStart, box.selectionEnd, "end");
    box.dispatchEvent(new Event("input", { bubbles: true }));
    return;
  }
  const shows = opener ? list.hidden : false;
  if (!opener && (list.hidden || list.contains(event.target))) return;
  list.hidden = !shows;
  document.querySelector("[data-emoji]")?.setAttribute("aria-expanded", String(shows));
  if (shows) list.querySelector("button").focus();
});
document.addEventListener("keydown", (event) => {
  const list = $("emoji");
  if (!list || list.hidden || !list.contains(event.target)) return;
  const all = [...list.children];
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
  if (step) { event.preventDefault(); event.stopPropagation(); all[Math.max(0, Math.min(all.length - 1, all.indexOf(event.target) + step))].focus(); }
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); list.hidden = true; document.querySelector("[data-emoji]").setAttribute("aria-expanded", "false"); $("reply").focus(); }
}, true);
