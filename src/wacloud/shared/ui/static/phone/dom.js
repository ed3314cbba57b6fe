// Elements, icons, words and times: what every part of the phone uses.

const root = document.getElementById("simulator");

export const texts = JSON.parse(root.dataset.texts);
export const language = document.documentElement.lang || "es";

export function t(name, values = {}) {
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

// el("button.ph-send", {type: "button"}, "Send"): text is always text, never HTML.
export function el(what, attributes = {}, ...children) {
  const [tag, ...classes] = what.split(".");
  const element = document.createElement(tag);
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ""));
  return element;
}

// The page brings every icon along once; each use is a copy.
const icons = document.getElementById("phone-icons").content;

export function icon(name) {
  return icons.querySelector(`[data-icon="${name}"]`).firstElementChild.cloneNode(true);
}

const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exactClock = new Intl.DateTimeFormat(language, {
  hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 1, hourCycle: "h23",
});
const weekday = new Intl.DateTimeFormat(language, { weekday: "long" });
const fullDay = new Intl.DateTimeFormat(language, { day: "numeric", month: "long", year: "numeric" });

const oneDecimal = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });

export const decimal = (number) => oneDecimal.format(number);
export const timeOf = (date) => clock.format(date);
export const exactTimeOf = (date) => exactClock.format(date);

export function dayOf(date) {
  const midnight = (moment) => new Date(moment.getFullYear(), moment.getMonth(), moment.getDate());
  const days = Math.round((midnight(new Date()) - midnight(date)) / 86_400_000);
  if (days === 0) return t("today");
  if (days === 1) return t("yesterday");
  const name = days > 1 && days < 7 ? weekday.format(date) : fullDay.format(date);
  return name.charAt(0).toLocaleUpperCase(language) + name.slice(1);
}

export function clockOfSeconds(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

const MARKS = { "*": "strong", _: "em", "~": "s" };
// A mark counts only around whole words: 2*3*4 and snake_case stay as they are written.
const PIECES = new RegExp(
  "(```[\\s\\S]+?```)|(https?://[^\\s<>\"]+[^\\s<>\".,;:!?)])" +
    "|(?<![\\p{L}\\p{N}])([*_~])(?=\\S)([^\\n]+?)(?<=\\S)\\3(?![\\p{L}\\p{N}])",
  "gu",
);

export const plain = (text) => formatted(text).map((node) => node.textContent ?? node).join("");

// The chat's own small markup: *bold*, _italic_, ~struck~, ```code``` and links.
export function formatted(text) {
  const nodes = [];
  let from = 0;
  for (const found of text.matchAll(PIECES)) {
    if (found.index > from) nodes.push(text.slice(from, found.index));
    const [whole, code, link, mark, inner] = found;
    if (code) nodes.push(el("code", {}, code.slice(3, -3)));
    else if (link) nodes.push(el("a", { href: link, target: "_blank", rel: "noopener noreferrer" }, link));
    else nodes.push(el(MARKS[mark], {}, ...formatted(inner)));
    from = found.index + whole.length;
  }
  if (from < text.length) nodes.push(text.slice(from));
  return nodes;
}
