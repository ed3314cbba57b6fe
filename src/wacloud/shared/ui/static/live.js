// Live updates: one stream per page. What comes is HTML of elements with ids; they replace their older selves or are
// put in their place by their order key. Whoever was reading, writing or had something open keeps it.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const pane = () => document.querySelector("#pane[data-conversation]");
  const baseTitle = () => document.title.replace(/^\(\d+\+?\) /, "");
  let source = null;
  let since = Number(document.querySelector("[data-live]")?.dataset.since || 0);
  let refetching = 0;

  const parse = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  };

  const ready = (element) => window.htmx?.process(element);

  // Replace an element, but not what a person is doing in it.
  const replace = (old, fresh) => {
    if (old.outerHTML === fresh.outerHTML) return old;
    for (const open of old.querySelectorAll("details[open][id]")) {
      const same = fresh.querySelector(`#${CSS.escape(open.id)}`);
      if (same) same.open = true;
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    const key = focused && (focused.id ? `#${CSS.escape(focused.id)}` : focused.tagName.toLowerCase());
    old.replaceWith(fresh);
    if (key) (fresh.matches(key) ? fresh : fresh.querySelector(key))?.focus({ preventScroll: true });
    ready(fresh);
    return fresh;
  };

  const insert = (list, fresh) => {
    const falling = list.dataset.sort === "desc";
    const order = fresh.dataset.order;
    let next = null;
    if (falling) {
      next = [...list.children].find((child) => child.dataset.order < order) || null;
    } else {
      for (let child = list.lastElementChild; child && child.dataset.order > order; child = child.previousElementSibling) next = child;
    }
    list.insertBefore(fresh, next);
    ready(fresh);
  };

  const belongs = (row) => {
    const rows = $("rows");
    if (rows.dataset.search) return Boolean($(row.id));
    const show = rows.dataset.show;
    if (rows.dataset.label && !row.dataset.labels.split(" ").includes(rows.dataset.label)) return false;
    const { unread, status, due, handler, priority, assigned } = row.dataset;
    if (show === "unread") return unread !== "0";
    if (show === "snoozed" || show === "closed") return status === show;
    if (status !== "open") return false;
    if (show === "all") return true;
    if (show === "due") return Boolean(due);
    if (show === "late") return Boolean(due) && row.querySelector(".chip-window.is-closed") !== null;
    if (show === "mine") return assigned === $("main").dataset.me;
    if (show === "nobody") return !assigned && handler !== "bot";
    if (show === "urgent") return priority !== "0";
    return handler === show;
  };

  const applyRows = (html) => {
    const list = $("conversations");
    if (!list) return;
    const show = $("rows").dataset.show;
    for (const fresh of [...parse(html).children]) {
      if (show === "due" || show === "late") {
        // Who may be in danger is at the top: "!" comes before any time, "~" after all.
        const first = show === "due" ? "!" : "~";
        fresh.dataset.order = ("danger" in fresh.dataset ? first : "") + fresh.dataset.due;
      }
      if (show === "urgent") fresh.dataset.order = `${fresh.dataset.priority} ${fresh.dataset.order}`;
      const old = $(fresh.id);
      const current = pane()?.dataset.conversation;
      if (fresh.id === `c-${current}`) fresh.querySelector("a").setAttribute("aria-current", "true");
      if (!belongs(fresh)) {
        // The one that is open stays where it is, and says what was said last.
        if (old && fresh.id === `c-${current}`) { fresh.dataset.order = old.dataset.order; replace(old, fresh); } else old?.remove();
        continue;
      }
      if (old && old.dataset.order === fresh.dataset.order) { replace(old, fresh); continue; }
      const hadFocus = old?.contains(document.activeElement);
      old?.remove();
      insert(list, fresh);
      fresh.classList.add("is-new");
      if (hadFocus) fresh.querySelector("a").focus({ preventScroll: true });
    }
  };

  // Returns the messages that were not there before.
  const applyMessages = (content) => {
    const list = $("messages");
    const arrived = [];
    const oldest = list.querySelector("[data-direction]")?.dataset.order;
    for (const fresh of [...content.children]) {
      const old = $(fresh.id);
      if (old) { replace(old, fresh); continue; }
      insert(list, fresh);
      if (!oldest || fresh.dataset.order > oldest) {
        if (fresh.dataset.direction) { arrived.push(fresh); fresh.classList.add("is-new"); }
      }
    }
    return arrived;
  };

  const applyParts = (html) => {
    for (const fresh of [...parse(html).children]) {
      const old = $(fresh.id);
      if (!old || (fresh.dataset.keep && fresh.dataset.keep === old.dataset.keep)) continue;
      // A form shared by all who look gets a key of its own, so that two replies are never taken for one.
      const key = fresh.querySelector('input[name="key"]');
      if (key) key.value = [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
      replace(old, fresh);
    }
  };

  const applyCounts = (counts) => {
    for (const [name, count] of Object.entries(counts || {})) {
      for (const badge of document.querySelectorAll(`[data-count="${CSS.escape(name)}"]`)) {
        badge.textContent = count >= 99 ? "99+" : count;
        badge.hidden = !count;
      }
    }
    if (counts && "unread" in counts) document.title = (counts.unread ? `(${counts.unread >= 99 ? "99+" : counts.unread}) ` : "") + baseTitle();
  };

  const apply = (told) => {
    if (told.rows) applyRows(told.rows);
    applyCounts(told.counts);
    const shown = pane();
    if (!told.messages || !shown || shown.dataset.conversation !== told.conversation) return;
    const scroller = $("scroller");
    const atEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 80;
    const arrived = $("earlier-view") ? [] : applyMessages(parse(told.messages));
    shown.dataset.unread = told.unread;
    applyParts(told.parts);
    document.dispatchEvent(new CustomEvent("live:messages", { detail: { arrived, atEnd, name: told.name } }));
  };

  const fetchText = async (url) => {
    const answer = await fetch(url, { headers: { "HX-Request": "true" } });
    if (answer.status === 401) location.reload();
    return answer.ok ? answer.text() : null;
  };

  // After a gap nobody knows what was missed: look at the head of the list and at the thread again.
  const lookAgain = async () => {
    const started = ++refetching;
    const now = Date.now();
    const shown = pane()?.dataset.conversation;
    const rows = $("rows") && await fetchText(`/inbox/rows${location.search}`);
    const thread = shown && await fetchText(`/inbox/${shown}`);
    if (started !== refetching) return;
    if (rows) applyRows(parse(rows).querySelector("#conversations").innerHTML);
    if (thread && pane()?.dataset.conversation === shown) {
      const fresh = parse(thread);
      const parts = ["thread-head", "contact", "handed-over", "later", "composer"].map((id) => fresh.querySelector(`#${id}`)?.outerHTML || "").join("");
      const section = fresh.querySelector("#pane");
      apply({ conversation: shown, name: section.dataset.name, unread: section.dataset.unread, messages: fresh.querySelector("#messages").innerHTML, parts });
    }
    since = Math.max(since, now - 2000);
  };

  let pagePending = null;
  const refetchPage = () => {
    const part = document.querySelector("[data-refetch]");
    if (!part || pagePending) return;
    pagePending = setTimeout(async () => {
      pagePending = null;
      const html = await fetchText(part.dataset.refetch);
      if (html && part.isConnected) replace(part, parse(html).firstElementChild);
    }, 1500);
  };

  const sign = (state) => document.querySelector("[data-live-state]")?.setAttribute("data-live-state", state);

  const connect = () => {
    source?.close();
    const shown = pane();
    const url = new URL("/live", location.href);
    if (shown) url.searchParams.set("conversation", shown.dataset.conversation);
    if (since) url.searchParams.set("since", since);
    source = new EventSource(url);
    const keepTime = (event) => { since = Math.max(since, Number(event.lastEventId) || 0); };
    source.addEventListener("hello", (event) => { keepTime(event); sign("on"); });
    source.addEventListener("change", (event) => { keepTime(event); sign("on"); apply(JSON.parse(event.data)); refetchPage(); });
    source.addEventListener("here", (event) => document.dispatchEvent(new CustomEvent("live:here", { detail: JSON.parse(event.data) })));
    source.addEventListener("refresh", () => { lookAgain(); refetchPage(); });
    source.addEventListener("signed-out", () => { source.close(); location.reload(); });
    source.onerror = () => {
      sign("off");
      // A refusal ends the stream for good; then it is tried again from the start, more slowly.
      if (source.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
    };
  };

  window.live = { applyMessages, parse, connect };
  document.addEventListener("pane:changed", () => { since = Math.min(since || Infinity, Number(pane()?.dataset.since) || Infinity); connect(); });
  window.addEventListener("pagehide", () => source?.close());
  window.addEventListener("pageshow", (event) => event.persisted && connect());
  if (document.querySelector("[data-count]")) connect();
})();
