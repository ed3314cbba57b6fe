// "What is happening": the real path of each message, told from what the other side of the network saw.

import { el, exactTimeOf, icon } from "./dom.js";

const KEPT = 60;
const ICONS = {
  out: "send", accepted: "circle-check", typing: "dots", answered: "message", status: "checks", problem: "warning",
  change: "edit",
};

export class Happenings {
  constructor(list) {
    this.list = list;
    this.statuses = new Map();
  }

  add(kind, title, detail = "") {
    const item = el("li.ph-happening", {},
      el("span.ph-happening-mark", { "aria-hidden": "true" }),
      el("span.ph-happening-words", {}, el("strong"), el("span")),
      el("time", {}, exactTimeOf(new Date())));
    this.list.prepend(item);
    this.change(item, kind, title, detail);
    while (this.list.children.length > KEPT) this.list.lastElementChild.remove();
    return item;
  }

  // What began as one thing and ended as another keeps its place: it is told where it began.
  change(item, kind, title, detail = "") {
    item.className = `ph-happening is-${kind}`;
    item.querySelector(".ph-happening-mark").replaceChildren(icon(ICONS[kind]));
    item.querySelector("strong").textContent = title;
    item.querySelector(".ph-happening-words span").textContent = detail;
  }

  // Sent, delivered, read: three webhooks of one message on one line.
  addStatus(wamid, kind, title, status) {
    const known = this.statuses.get(wamid);
    if (known?.item.isConnected) {
      known.names.push(status);
      this.change(known.item, kind, title, known.names.join(" · "));
      return;
    }
    this.statuses.set(wamid, { item: this.add(kind, title, status), names: [status] });
  }

  clear() {
    this.list.replaceChildren();
    this.statuses.clear();
  }
}
