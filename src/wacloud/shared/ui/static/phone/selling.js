// What stands in a template of the business: its buttons, an offer that ends, cards to swipe, products in sections.

import { el, formatted, icon, language, t } from "./dom.js";

export const row = (name, label, tap, disabled) =>
  el("button.ph-choice", { type: "button", onclick: tap, disabled }, icon(name), el("span", {}, label));

export const link = (name, label, href) =>
  el("a.ph-choice", { href, target: "_blank", rel: "noopener noreferrer" }, icon(name), el("span", {}, label));

// What each button that stays on the phone looks like, and what WhatsApp calls it where the business does not.
const LOOKS = {
  COPY_CODE: ["copy", "copyCode"], OTP: ["copy", "copyCode"], ONE_TAP: ["copy", "autofill"], ZERO_TAP: ["copy", "autofill"],
  CATALOG: ["store", "viewCatalog"], MPM: ["list", "viewItems"], SPM: ["tag", "viewProduct"],
  PHONE_NUMBER: ["phone"], VOICE_CALL: ["phone"], FLOW: ["document"],
};
const WORDED = ["COPY_CODE", "CATALOG", "MPM", "SPM"];

function sections(button, look, label) {
  return el("details.ph-items", {},
    el("summary.ph-choice", {}, icon(look), el("span", {}, label)),
    ...button.sections.map((section) => el("div.ph-section", {},
      section.title ? el("strong", {}, section.title) : null,
      el("ul", {}, ...section.products.map((code) => el("li", {}, icon("tag"), code))))));
}

export function templateButtons(message, buttons, tools) {
  return (buttons ?? []).map((button) => {
    if (button.type === "REQUEST_CONTACT_INFO") {
      return row("user", t("sharePhone"), () => tools.sharePhone(message), tools.isAnswered(message));
    }
    if (button.type === "QUICK_REPLY") {
      return row("reply", button.text, () => tools.pressTemplate(message, button), tools.isAnswered(message));
    }
    if (button.url) return link("link", button.text, button.url);
    const [look, word] = LOOKS[button.otp_type] ?? LOOKS[button.type] ?? ["dots"];
    const label = (WORDED.includes(button.type) ? "" : button.text) || (word ? t(word) : button.text || button.code || "");
    if (button.sections) return sections(button, look, label);
    // The others do something on a real phone: nothing comes back to the business from here.
    return row(look, label, null, true);
  });
}

function howLong(ends) {
  const minutes = Math.floor((ends - Date.now()) / 60_000);
  if (minutes < 0) return t("offerOver");
  const [number, unit] = minutes < 60 ? [minutes, "minute"] : minutes < 2880 ? [Math.floor(minutes / 60), "hour"]
    : [Math.floor(minutes / 1440), "day"];
  return t("offerEnds", { when: new Intl.RelativeTimeFormat(language).format(number, unit) });
}

export function offerOf(rendered) {
  if (!rendered.offer) return null;
  const code = rendered.buttons?.find((button) => button.code)?.code;
  return el("div.ph-offer", {}, icon("clock"), el("div", {},
    el("strong", {}, rendered.offer),
    rendered.offer_ends
      ? el("time", { datetime: new Date(rendered.offer_ends).toISOString() }, howLong(rendered.offer_ends)) : null,
    code ? el("span", {}, `${t("code")}: ${code}`) : null));
}

export function cardsOf(message, tools, header) {
  const cards = message.rendered?.cards;
  if (!cards?.length || message.revoked) return null;
  return el("div.ph-cards", { tabindex: "0", role: "group", "aria-label": t("cards") },
    ...cards.map((card) => el("div.ph-swipe", {},
      header(card.header, tools.mediaUrl),
      card.body ? el("p.ph-words", {}, ...formatted(card.body)) : null,
      ...templateButtons(message, card.buttons, tools))));
}
