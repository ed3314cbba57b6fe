// One message, drawn as the customer's phone draws it.

import { el, formatted, icon, plain, t, timeOf } from "./dom.js";
import { cardsOf, link, offerOf, row, templateButtons } from "./selling.js";
import { voicePlayer } from "./voice.js";

const EDITABLE_MS = 15 * 60 * 1000;

export const sentAt = (message) => new Date(message.timestamp * 1000);
export const isOwn = (message) => message.from === "customer";

export function canEdit(message) {
  return isOwn(message) && message.type === "text" && !message.revoked && Date.now() - sentAt(message) < EDITABLE_MS;
}

// One line for a quote, the people list or a reply bar.
export function summary(message) {
  if (message.revoked) return t("revoked");
  const words = plain(message.text || message.rendered?.body || "");
  const kinds = { image: "photo", audio: "voice", video: "video", document: "document", sticker: "sticker",
    location: "location", contacts: "contact" };
  const kind = kinds[message.type] && t(kinds[message.type]);
  if (message.type === "location" || message.type === "contacts") {
    const name = message.content?.name ?? message.content?.contacts?.[0]?.name?.formatted_name
      ?? message.content?.[0]?.name?.formatted_name;
    return name ? `${kind}: ${name}` : kind;
  }
  return words || kind || t("unknown");
}

export function ticks(message) {
  if (!isOwn(message) || message.revoked) return null;
  const status = message.status === "played" ? "read" : message.status;
  const [name, label] = {
    waiting: ["clock", t("waiting")],
    failed: ["warning", t("failed")],
    delivered: ["checks", t("delivered")],
    read: ["checks", t("read")],
  }[status] ?? ["check", t("sent")];
  return el(`span.ph-ticks.is-${status}`, { role: "img", "aria-label": label, title: label }, icon(name));
}

function photo(content, mediaUrl) {
  const url = content.preview ?? mediaUrl(content);
  if (!url) return placeholder("photo", t("photo"));
  const image = el("img.ph-photo", { src: url, alt: content.caption || t("photo"), loading: "lazy" });
  image.addEventListener("error", () => image.replaceWith(placeholder("photo", t("photo"))));
  return el("a.ph-photo-link", { href: url, target: "_blank", rel: "noopener" }, image);
}

function placeholder(name, label) {
  return el("div.ph-attachment", {}, icon(name), el("span", {}, label));
}

function place(content) {
  return el("div.ph-place", {},
    el("div.ph-map", { "aria-hidden": "true" }, icon("pin")),
    el("div.ph-place-words", {},
      el("strong", {}, content.name || t("location")),
      el("span", {}, content.address || `${Number(content.latitude).toFixed(4)}, ${Number(content.longitude).toFixed(4)}`),
    ),
  );
}

function people(content) {
  const cards = Array.isArray(content) ? content : (content.contacts ?? []);
  return cards.map((card) => el("div.ph-card", {},
    el("span.ph-avatar.hue-3", { "aria-hidden": "true" }, icon("user")),
    el("div.ph-card-words", {},
      el("strong", {}, card.name?.formatted_name ?? t("contact")),
      ...(card.phones ?? []).map((phone) => el("span", {}, phone.phone ?? "")),
    ),
  ));
}

function header(head, mediaUrl) {
  if (!head) return null;
  if (typeof head === "string") return el("p.ph-heading", {}, head);
  if (head.text) return el("p.ph-heading", {}, head.text);
  if (head.image) return photo(head.image, mediaUrl);
  if (head.product) return placeholder("tag", head.product.product_retailer_id);
  const kind = ["video", "document"].find((name) => head[name]);
  return kind ? placeholder(kind, head[kind].filename ?? t(kind)) : null;
}

const words = (text) => (text ? el("p.ph-words", {}, ...formatted(text)) : null);

// What the message holds, without time, ticks and buttons.
function body(message, tools) {
  const { content, type } = message;
  if (message.rendered) {
    const { rendered } = message;
    return [header(rendered.header, tools.mediaUrl), offerOf(rendered), words(rendered.body), rendered.footer && el("p.ph-footer", {}, rendered.footer)];
  }
  switch (type) {
    case "text":
      return [words(content.body)];
    case "image":
      return [photo(content, tools.mediaUrl), words(content.caption)];
    case "sticker":
      return [el("img.ph-sticker", { src: tools.mediaUrl(content), alt: t("sticker") })];
    case "audio":
      return [voicePlayer(content.preview ?? tools.mediaUrl(content), message.wamid)];
    case "video":
      return [el("video.ph-photo", { src: tools.mediaUrl(content), controls: true }), words(content.caption)];
    case "document":
      return [
        el("a.ph-attachment", { href: content.preview ?? tools.mediaUrl(content), target: "_blank", rel: "noopener" },
          icon("document"), el("span", {}, content.filename ?? t("document"))),
        words(content.caption),
      ];
    case "location":
      return [place(content)];
    case "contacts":
      return people(content);
    case "button":
      return [words(content.text)];
    case "interactive": {
      const reply = content.button_reply ?? content.list_reply;
      if (reply) return [words(reply.title), reply.description && el("p.ph-footer", {}, reply.description)];
      return [header(content.header, tools.mediaUrl), words(content.body?.text), content.footer && el("p.ph-footer", {}, content.footer.text)];
    }
    default:
      return [words(message.text || t("unknown"))];
  }
}

// What can be tapped under a message of the business.
function choices(message, tools) {
  if (isOwn(message) || message.revoked) return [];
  if (message.rendered) return templateButtons(message, message.rendered.buttons, tools);
  if (message.type !== "interactive") return [];
  const { type, action = {} } = message.content;
  switch (type) {
    case "button":
      return (action.buttons ?? []).map(({ reply }) =>
        row("reply", reply.title, () => tools.pressButton(message, reply), tools.isAnswered(message)));
    case "list":
      return [row("list", action.button, () => tools.openList(message), false)];
    case "cta_url":
      return [link("link", action.parameters.display_text, action.parameters.url)];
    case "location_request_message":
      return [row("pin", t("sendLocation"), tools.openPlaces, false)];
    case "request_contact_info":
      return [row("user", t("sharePhone"), () => tools.sharePhone(message), tools.isAnswered(message))];
    default:
      return [];
  }
}

function quote(message, tools) {
  if (!message.reply_to) return null;
  const quoted = tools.find(message.reply_to);
  if (!quoted) return null;
  return el("button.ph-quote", { type: "button", onclick: () => tools.jumpTo(quoted.wamid) },
    el("strong", {}, isOwn(quoted) ? t("you") : tools.businessName),
    el("span", {}, summary(quoted)));
}

function reactions(message) {
  const given = Object.values(message.reactions ?? {}).filter(Boolean);
  if (!given.length) return null;
  return el("div.ph-reactions", { "aria-label": `${t("reactions")}: ${given.join(" ")}`, role: "img" }, given.join(" "));
}

function inside(message, tools) {
  if (message.revoked) {
    return [el("p.ph-words.is-revoked", {}, icon("ban"), isOwn(message) ? t("revokedByYou") : t("revoked"))];
  }
  return [quote(message, tools), ...body(message, tools)];
}

export function bubble(message, tools, isFirst) {
  const own = isOwn(message);
  const who = own ? t("you") : tools.businessName;
  const failure = own && message.status === "failed" ? message.problem : null;
  const options = message.pending || message.revoked ? null
    : el("button.ph-more", {
        type: "button", "aria-label": `${t("options")}: ${summary(message).slice(0, 60)}`, "aria-haspopup": "dialog",
        onclick: () => tools.openOptions(message),
      }, icon("chevron"));
  const meta = el("span.ph-meta", {},
    message.edited && !message.revoked ? el("span", {}, t("edited")) : null,
    el("time", { datetime: sentAt(message).toISOString() }, timeOf(sentAt(message))),
    ticks(message));
  const item = el(`li.ph-row.${own ? "is-own" : "is-theirs"}.is-${message.type}`, { "data-wamid": message.wamid },
    el("div.ph-bubble", {},
      el("span.visually-hidden", {}, `${who}: `),
      ...inside(message, tools), meta, options,
      ...choices(message, tools),
      cardsOf(message, tools, header)),
    reactions(message),
    failure ? el("p.ph-failure", {}, icon("warning"), failure) : null);
  if (isFirst) item.classList.add("is-first");
  if (message.edited && !message.revoked) item.classList.add("is-edited");
  if (message.pending) item.classList.add("is-pending");
  if (message.reactions && Object.values(message.reactions).some(Boolean)) item.classList.add("has-reactions");
  return item;
}
