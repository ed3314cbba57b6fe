// The chat itself: messages in order, days between them, and the place one is reading at.

import { bubble, isOwn, sentAt } from "./bubbles.js";
import { dayOf, el } from "./dom.js";

const NEAR_PX = 90;

export class Thread {
  constructor({ scroller, list, newer, tools }) {
    Object.assign(this, { scroller, list, newer, tools });
    this.messages = new Map();
    this.pending = [];
    this.unseen = 0;
    this.newer.addEventListener("click", () => this.toEnd(true));
    this.scroller.addEventListener("scroll", () => this.showNewer());
    // A picture that arrives late, the keyboard of a phone: whoever was at the end stays there.
    new ResizeObserver(() => this.wasAtEnd && this.toEnd()).observe(this.list);
    new ResizeObserver(() => this.wasAtEnd && this.toEnd()).observe(this.scroller);
    this.wasAtEnd = true;
  }

  isAtEnd() {
    return this.scroller.scrollHeight - this.scroller.scrollTop - this.scroller.clientHeight < NEAR_PX;
  }

  toEnd(smooth = false) {
    this.scroller.scrollTo({ top: this.scroller.scrollHeight, behavior: smooth ? "smooth" : "instant" });
    this.unseen = 0;
    this.showNewer();
  }

  showNewer() {
    this.wasAtEnd = this.isAtEnd();
    if (this.wasAtEnd) this.unseen = 0;
    this.newer.hidden = this.wasAtEnd;
    this.newer.querySelector(".ph-count").textContent = this.unseen || "";
  }

  replace(messages) {
    const waiting = this.pending.filter((one) => !one.adopted);
    this.messages = new Map(messages.map((message) => [message.wamid, message]));
    this.list.replaceChildren();
    this.last = null;
    for (const message of messages) this.append(message);
    this.pending = waiting;
    for (const message of waiting) this.append(message);
    this.toEnd();
  }

  find(wamid) {
    return this.messages.get(wamid);
  }


  isAnswered(message) {
    return [...this.messages.values()].some((other) => isOwn(other) && other.reply_to === message.wamid
      && (other.type === "button" || other.type === "interactive" || other.type === "contacts"));
  }

  append(message) {
    const at = sentAt(message);
    const day = dayOf(at);
    const isNewDay = !this.last || dayOf(sentAt(this.last)) !== day;
    if (isNewDay) this.list.append(el("li.ph-day", {}, el("span", {}, day)));
    const item = bubble(message, this.tools, isNewDay || !this.last || isOwn(this.last) !== isOwn(message));
    this.list.append(item);
    this.last = message;
    return item;
  }

  // Show at once what was just written; the answer of the server, or the live line, makes it a real message.
  addPending(message) {
    this.pending.push(message);
    this.append(message);
    this.toEnd();
  }

  elementOf(wamid) {
    return this.list.querySelector(`[data-wamid="${CSS.escape(wamid)}"]`);
  }

  redraw(wamid, message) {
    const old = this.elementOf(wamid);
    if (!old) return;
    const hadFocus = old.contains(document.activeElement);
    const fresh = bubble(message, this.tools, old.classList.contains("is-first"));
    old.replaceWith(fresh);
    if (hadFocus) fresh.querySelector(".ph-more")?.focus({ preventScroll: true });
  }

  // A message from the live line: new, changed, or the one we have just sent coming back.
  take(message) {
    if (this.messages.has(message.wamid)) {
      const merged = keepPreview(this.messages.get(message.wamid), message);
      this.messages.set(message.wamid, merged);
      this.redraw(message.wamid, merged);
      return false;
    }
    const own = isOwn(message);
    const mine = own && this.pending.find((one) => !one.adopted && one.type === message.type && one.text === message.text);
    if (mine) {
      this.adopt(mine, message);
      return false;
    }
    const follow = own || this.isAtEnd();
    this.messages.set(message.wamid, message);
    const item = this.append(message);
    this.closeChoices(message);
    item.classList.add("is-new");
    if (follow) this.toEnd();
    else {
      this.unseen += 1;
      this.showNewer();
    }
    return true;
  }

  adopt(pending, message) {
    const known = this.messages.get(message.wamid);
    const real = keepPreview(pending, { ...message, status: known?.status ?? message.status });
    pending.adopted = true;
    this.pending = this.pending.filter((one) => one !== pending);
    this.messages.set(message.wamid, real);
    if (this.last === pending) this.last = real;
    this.redraw(pending.wamid, real);
    this.closeChoices(real);
  }

  // A button is pressed once: the message it belongs to shows that it has been answered.
  closeChoices(message) {
    const asked = message.reply_to && this.messages.get(message.reply_to);
    if (asked && this.isAnswered(asked)) this.redraw(asked.wamid, asked);
  }

  // The server has named our message; the live line may have done so before.
  confirm(pending, wamid) {
    if (!pending.adopted && this.messages.has(wamid)) {
      this.elementOf(pending.wamid)?.remove();
      pending.adopted = true;
      this.pending = this.pending.filter((one) => one !== pending);
    } else if (!pending.adopted) {
      this.adopt(pending, { ...pending, wamid, pending: false });
    }
    // It has left the phone, whatever becomes of it.
    if (this.messages.get(wamid).status === "waiting") this.setStatus(wamid, "sent");
  }

  refuse(pending, problem) {
    Object.assign(pending, { status: "failed", problem });
    this.redraw(pending.wamid, pending);
  }

  setStatus(wamid, status, problem) {
    const message = this.messages.get(wamid);
    if (!message) return;
    Object.assign(message, { status, problem });
    if (isOwn(message)) this.redraw(wamid, message);
  }

  jumpTo(wamid) {
    const item = this.elementOf(wamid);
    if (!item) return;
    item.scrollIntoView({ block: "center", behavior: "smooth" });
    item.classList.remove("is-pointed-at");
    requestAnimationFrame(() => item.classList.add("is-pointed-at"));
    item.querySelector(".ph-more")?.focus({ preventScroll: true });
  }
}

// The picture or sound just sent is in this page already: no need to fetch it again.
function keepPreview(before, message) {
  const preview = before?.content?.preview;
  return preview && !message.revoked ? { ...message, content: { ...message.content, preview } } : message;
}
