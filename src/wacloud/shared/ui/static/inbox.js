// What makes the inbox quick: keys, opening without a reload, sending with Enter, reading marks. All of it works
// without this file too, by links and forms.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const pane = () => document.querySelector("#pane[data-conversation]");

  const notice = (text) => {
    const line = document.createElement("p");
    line.className = "notice";
    line.textContent = text;
    $("notices").append(line);
    setTimeout(() => line.remove(), 5000);
  };

  const fromEnd = (scroller) => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;

  // Whoever looks at the newest message goes on seeing it, also when the composer grows and takes room from the thread.
  let isAtEnd = true;
  const room = new ResizeObserver(() => { if (isAtEnd) toEnd(); });

  const toEnd = () => {
    const scroller = $("scroller");
    if (scroller) scroller.scrollTop = scroller.scrollHeight;
    isAtEnd = true;
    showJump(false);
  };
  const watchRoom = () => {
    room.disconnect();
    const scroller = $("scroller");
    if (scroller) room.observe(scroller);
  };
  const showJump = (shown) => { const jump = $("jump"); if (jump) jump.hidden = !shown; };

  const markSeen = () => {
    const shown = pane();
    if (!shown || document.hidden || !document.hasFocus()) return;
    // A line above the list that says who mentioned one here is answered by looking.
    const mention = document.querySelector(`.is-mention:has(a[href$="/${CSS.escape(shown.dataset.conversation)}"])`);
    if (Number(shown.dataset.unread) === 0 && !mention) return;
    shown.dataset.unread = "0";
    if (mention) (mention.matches(":only-child") ? mention.parentElement : mention).remove();
    fetch(`/inbox/${shown.dataset.conversation}/seen`, { method: "POST", headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {});
  };

  const markCurrent = () => {
    const id = pane()?.dataset.conversation;
    for (const link of document.querySelectorAll(".row-link[aria-current]")) link.removeAttribute("aria-current");
    if (id) document.querySelector(`#c-${CSS.escape(id)} .row-link`)?.setAttribute("aria-current", "true");
  };

  // A panel that is drawn anew is no longer what the address points to, and would close under the reader's thumb.
  const keepPanel = () => {
    if (location.hash === "#contact" && $("contact") && !$("contact").matches(":target")) location.replace("#contact");
  };
  for (const swapped of ["htmx:afterSettle", "htmx:oobAfterSwap"]) document.addEventListener(swapped, keepPanel);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "pane" || event.detail.elt?.id === "pane") {
      document.dispatchEvent(new Event("pane:changed"));
      const name = pane()?.dataset.name;
      if (name) document.title = `${name} · ${document.title.split(" · ").slice(-2).join(" · ")}`;
      markCurrent();
      watchRoom();
      toEnd();
      markSeen();
      if (window.matchMedia("(max-width: 767px)").matches) $("pane-title")?.closest("header").querySelector("a")?.focus({ preventScroll: true });
    }
    if (event.detail.target.id === "rows") markCurrent();
    if (event.detail.elt?.matches(".pressing")) markSeen();
    for (const template of document.querySelectorAll("template[data-live-messages]")) {
      window.live?.applyMessages(template.content);
      template.remove();
      toEnd();
      $("reply")?.focus();
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status === 401) { location.reload(); return; }
    let told = "";
    try { told = JSON.parse(event.detail.xhr.responseText).title; } catch { told = ""; }
    notice(told || `${event.detail.xhr.status}`);
  });
  document.addEventListener("htmx:sendError", () => notice($("announcer").dataset.offline));

  document.addEventListener("live:messages", (event) => {
    const { arrived, atEnd, name } = event.detail;
    const inbound = arrived.filter((message) => message.dataset.direction === "in");
    if (atEnd && arrived.length) toEnd();
    else if (arrived.length) showJump(true);
    if (inbound.length) {
      const says = $("announcer");
      says.textContent = `${says.dataset.says} ${name}: ${inbound.at(-1).querySelector(".msg-text")?.textContent || ""}`;
    }
    markSeen();
  });
  document.addEventListener("scroll", (event) => {
    const at = event.target;
    if (at.id === "scroller") {
      isAtEnd = fromEnd(at) < 80;
      if (isAtEnd) showJump(false);
      if (at.scrollTop < 120) loadEarlier();
    }
    if (at.id === "rows" && at.scrollHeight - at.scrollTop - at.clientHeight < 400) loadMore();
  }, true);

  let busyEarlier = false;
  const loadEarlier = async () => {
    const link = document.querySelector("#earlier a");
    if (!link || busyEarlier) return;
    busyEarlier = true;
    try {
      const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      const fresh = window.live.parse(await answer.text());
      const scroller = $("scroller");
      const below = scroller.scrollHeight - scroller.scrollTop;
      window.live.applyMessages(fresh.querySelector("#messages"));
      const following = fresh.querySelector("#earlier");
      if (following) $("earlier").replaceWith(following); else $("earlier").remove();
      scroller.scrollTop = scroller.scrollHeight - below;
    } finally { busyEarlier = false; }
  };

  let busyMore = false;
  const loadMore = async () => {
    const link = document.querySelector("#more a");
    if (!link || busyMore) return;
    busyMore = true;
    try {
      const answer = await fetch(link.dataset.more, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      const fresh = window.live.parse(await answer.text());
      for (const row of [...fresh.querySelector("#conversations").children]) if (!$(row.id)) $("conversations").append(row);
      window.htmx?.process($("conversations"));
      const following = fresh.querySelector("#more");
      if (following) $("more").replaceWith(following); else $("more").remove();
      markCurrent();
    } finally { busyMore = false; }
  };

  const showKeys = () => { const keys = $("keys"); if (keys && !keys.open) keys.showModal(); };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (link?.matches("[data-earlier]")) { event.preventDefault(); loadEarlier(); }
    if (link?.matches("[data-more]")) { event.preventDefault(); loadMore(); }
    if (event.target.closest("#jump")) toEnd();
    if (event.target.closest("[data-show-keys]")) showKeys();
  });

  const move = (step) => {
    const links = [...document.querySelectorAll(".row-link")];
    if (!links.length) return;
    let at = links.indexOf(document.activeElement);
    if (at < 0) at = links.findIndex((link) => link.hasAttribute("aria-current"));
    const next = links[Math.max(0, Math.min(links.length - 1, at + step))];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };

  const isTyping = (element) => element.matches("input, textarea, select, [contenteditable]");

  document.addEventListener("keydown", (event) => {
    const at = event.target;
    if (event.isComposing || $("keys")?.open) return;
    if (at.id === "reply") {
      if (event.key === "Enter" && !event.shiftKey && !event.altKey) { event.preventDefault(); if (at.value.trim() || !at.required) at.form.requestSubmit(); }
      if (event.key === "Escape") { event.preventDefault(); at.blur(); (document.querySelector(".row-link[aria-current]") || $("scroller")).focus(); }
      return;
    }
    if (at.id === "search" && event.key === "ArrowDown") { event.preventDefault(); document.querySelector(".row-link")?.focus(); return; }
    if (isTyping(at) || event.ctrlKey || event.metaKey || event.altKey) return;
    const inList = !at.closest || !at.closest("#scroller, .panel, .rail, .filters");
    if (event.key === "j" || (event.key === "ArrowDown" && inList)) { event.preventDefault(); move(1); }
    else if (event.key === "k" || (event.key === "ArrowUp" && inList)) { event.preventDefault(); move(-1); }
    else if (event.key === "r") { const reply = $("reply"); if (reply) { event.preventDefault(); reply.focus(); } }
    else if (event.key === "e" || event.key === "a") { const does = document.querySelector(`#thread-head [data-key="${event.key}"]`); if (does) { event.preventDefault(); does.click(); } }
    else if (event.key === "z") { const back = [...document.querySelectorAll('#later [data-key="z"]')].at(-1); if (back) { event.preventDefault(); back.click(); } }
    else if (event.key === "s") { const more = $("desk-more"); if (more) { event.preventDefault(); more.open = !more.open; if (more.open) more.querySelector("button").focus(); } }
    else if (event.key === "/") { event.preventDefault(); $("search")?.focus(); }
    else if (event.key === "?") { event.preventDefault(); showKeys(); }
    else if (event.key === "Escape" && pane() && !document.querySelector("details.me[open]")) {
      if (location.hash === "#contact") location.hash = "#pane";
      else document.querySelector(".row-link[aria-current]")?.focus();
    }
  });

  window.addEventListener("focus", markSeen);
  document.addEventListener("visibilitychange", markSeen);
  for (const button of document.querySelectorAll("[data-show-keys]")) button.hidden = false;
  watchRoom();
  toEnd();
  markSeen();
})();
