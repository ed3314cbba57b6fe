// Sheets that slide over the chat: attachments, places, a business's list, what to do with a message.

import { el, icon, t } from "./dom.js";
import { canEdit, isOwn, summary } from "./bubbles.js";

const EMOJI = ["👍", "❤️", "😂", "😮", "😢", "🙏"];
const holder = document.getElementById("sheet");
const panel = holder.querySelector(".ph-sheet-panel");
const covered = [...document.querySelectorAll("[data-under-sheet]")];
let opener = null;

export const sheetIsOpen = () => !holder.hidden;

export function closeSheet() {
  if (holder.hidden) return;
  holder.hidden = true;
  for (const part of covered) part.inert = false;
  if (opener?.isConnected) opener.focus({ preventScroll: true });
  opener = null;
}

export function openSheet(title, ...content) {
  if (holder.hidden) opener = document.activeElement;
  const close = el("button.ph-icon-button", { type: "button", "aria-label": t("close"), onclick: closeSheet }, icon("close"));
  panel.replaceChildren(el("header.ph-sheet-head", {}, el("h2", { id: "sheet-title" }, title), close), ...content);
  holder.hidden = false;
  for (const part of covered) part.inert = true;
  (panel.querySelector("[data-first]") ?? close).focus({ preventScroll: true });
}

holder.querySelector(".ph-sheet-shade").addEventListener("click", closeSheet);
holder.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    event.stopPropagation();
    closeSheet();
  }
});

const then = (act) => () => {
  closeSheet();
  act();
};

export function attachments(actions) {
  const tile = (name, tone, label, act, first) =>
    el("button.ph-tile", { type: "button", onclick: act, "data-first": first }, el(`span.ph-tile-icon.hue-${tone}`, {}, icon(name)), el("span", {}, label));
  openSheet(t("attach"), el("div.ph-tiles", {},
    tile("photo", 4, t("photo"), () => photos(actions), true),
    tile("mic", 1, t("voice"), then(actions.voice)),
    tile("document", 3, t("document"), then(actions.pickDocument)),
    tile("pin", 2, t("location"), () => places(actions)),
    tile("user", 5, t("contact"), () => contacts(actions)),
    tile("bolt", 0, t("burst"), then(actions.burst)),
  ), el("p.ph-sheet-note", {}, t("burstWhy")));
}

function photos(actions) {
  openSheet(t("choosePhoto"),
    el("div.ph-photos", {}, ...actions.photos.map((photo, i) =>
      el("button.ph-photo-choice", { type: "button", "data-first": i === 0, onclick: then(() => actions.samplePhoto(photo)) },
        el("img", { src: photo.url, alt: photo.label, width: 120, height: 90 }), el("span", {}, photo.label)))),
    el("button.ph-wide-button", { type: "button", onclick: then(actions.pickPhoto) }, icon("photo"), t("fromDevice")));
}

function line(name, tone, title, detail, act, first) {
  return el("li", {}, el("button.ph-line", { type: "button", onclick: act, "data-first": first },
    el(`span.ph-avatar.hue-${tone}`, { "aria-hidden": "true" }, icon(name)),
    el("span.ph-line-words", {}, el("strong", {}, title), detail ? el("span", {}, detail) : null)));
}

export function places(actions) {
  openSheet(t("sendLocation"), el("ul.ph-lines", {}, ...actions.places.map((place, i) =>
    line("pin", 2, place.name, place.address, then(() => actions.place(place)), i === 0))));
}

function contacts(actions) {
  openSheet(t("sendContact"), el("ul.ph-lines", {}, ...actions.contacts.map((contact, i) =>
    line("user", 5, contact.name, contact.phone, then(() => actions.contact(contact)), i === 0))));
}

export function choose(message, pick) {
  const { action, header } = message.content;
  const isAt = { first: true };
  const sections = (action.sections ?? []).map((section) => el("section.ph-choose", {},
    section.title ? el("h3", {}, section.title) : null,
    el("ul.ph-lines", {}, ...(section.rows ?? []).map((row) => {
      const first = isAt.first;
      isAt.first = false;
      return el("li", {}, el("button.ph-line", { type: "button", "data-first": first, onclick: then(() => pick(row)) },
        el("span.ph-line-words", {}, el("strong", {}, row.title), row.description ? el("span", {}, row.description) : null),
        el("span.ph-radio", { "aria-hidden": "true" })));
    }))));
  openSheet(header?.text ?? action.button, ...sections);
}

export function messageOptions(message, actions) {
  const own = message.reactions?.customer ?? "";
  const react = el("div.ph-emoji", { role: "group", "aria-label": t("react") }, ...EMOJI.map((emoji, i) =>
    el("button", { type: "button", "data-first": i === 0, "aria-label": `${t("react")} ${emoji}`, "aria-pressed": String(own === emoji),
      onclick: then(() => actions.react(message, own === emoji ? "" : emoji)) }, emoji)));
  const option = (name, label, act) =>
    el("li", {}, el("button.ph-line", { type: "button", onclick: then(act) }, icon(name), el("span.ph-line-words", {}, label)));
  openSheet(t("options"), el("p.ph-sheet-quote", {}, summary(message)), react, el("ul.ph-lines", {},
    option("reply", t("reply"), () => actions.reply(message)),
    message.text ? option("copy", t("copy"), () => navigator.clipboard?.writeText(message.text)) : null,
    canEdit(message) ? option("edit", t("edit"), () => actions.edit(message)) : null,
    isOwn(message) ? option("trash", t("deleteForAll"), () => actions.revoke(message)) : null,
  ));
}
