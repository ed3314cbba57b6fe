// The studio: what is written is saved as it is written, and the phone beside it plays the customer.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const form = $("studio");
  if (!form) return;

  // Limits, counted while somebody writes; sliders in words.
  const shown = (range, as) => as === "percent"
    ? Number(range.value).toLocaleString(document.documentElement.lang, { style: "percent" })
    : `${(range.value / 1000).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 })}\u00a0s`;
  const count = () => {
    for (const told of document.querySelectorAll("[data-count-of], [data-lines-of]")) {
      const value = $(told.dataset.countOf || told.dataset.linesOf).value;
      const many = told.dataset.countOf ? [...value].length : value.split("\n").filter((line) => line.trim()).length;
      told.textContent = `${many} / ${told.dataset.most}`;
      told.classList.toggle("is-over", many > Number(told.dataset.most));
    }
    for (const told of document.querySelectorAll("output[data-shows]")) told.textContent = shown($(told.htmlFor[0]), told.dataset.shows);
    for (const preset of document.querySelectorAll(".studio-preset")) {
      const { quiet, most } = preset.dataset;
      preset.setAttribute("aria-pressed", String($("f-quiet_ms").value === quiet && $("f-max_wait_ms").value === most));
    }
    const name = $("try-name");
    if (name) name.textContent = $("f-name").value;
  };

  // What is on its way is waited for: nobody publishes or tries what they no longer see.
  let isDirty = false;
  let isSaving = false;
  let onSaved = [];
  const isTogether = () => $("together").children.length > 0;
  const saved = () => {
    if ((!isDirty && !isSaving) || isTogether()) return Promise.resolve();
    if (!isSaving) htmx.trigger(form, "submit");
    return new Promise((done) => onSaved.push(done));
  };
  form.addEventListener("input", () => { isDirty = true; count(); });
  form.addEventListener("change", () => { isDirty = true; count(); });
  // htmx knows a button that stands outside of its form only if it is told.
  form.addEventListener("htmx:configRequest", (event) => {
    const button = event.detail.triggeringEvent?.submitter;
    if (button?.name) event.detail.parameters[button.name] = button.value;
  });
  form.addEventListener("htmx:beforeRequest", (event) => {
    // While somebody looks at both, nothing is saved but by their own hand.
    if (isTogether() && !event.detail.requestConfig.triggeringEvent?.submitter) { event.preventDefault(); return; }
    isDirty = false;
    isSaving = true;
  });
  form.addEventListener("htmx:afterRequest", () => {
    isSaving = false;
    if (isDirty && !isTogether()) { htmx.trigger(form, "submit"); return; }
    const waiting = onSaved;
    onSaved = [];
    for (const done of waiting) done();
  });
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.target.matches("input")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    const preset = event.target.closest(".studio-preset");
    if (!preset) return;
    $("f-quiet_ms").value = preset.dataset.quiet;
    $("f-max_wait_ms").value = preset.dataset.most;
    $("f-max_wait_ms").dispatchEvent(new Event("change", { bubbles: true }));
  });
  document.addEventListener("submit", async (event) => {
    const sent = event.target;
    if (!["publish", "discard", "starter"].includes(sent.id) || (!isDirty && !isSaving)) return;
    event.preventDefault();
    const button = event.submitter;
    if (sent.id === "discard") isDirty = false;
    await saved();
    if (!$("studio-state").classList.contains("is-bad")) sent.requestSubmit(button);
  });

  // What is refused is told beside the field it concerns.
  const tellFaults = () => {
    const faults = JSON.parse($("studio-state").dataset.faults || "{}");
    for (const told of document.querySelectorAll(".studio-fault")) {
      const name = told.id.slice(2);
      told.textContent = faults[name] || "";
      told.hidden = !faults[name];
      const field = $(`f-${name}`);
      if (faults[name]) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
    }
  };
  document.body.addEventListener("htmx:afterSwap", () => { tellFaults(); count(); });
  document.body.addEventListener("htmx:oobAfterSwap", (event) => {
    if (event.target.id === "together" && event.target.children.length) event.target.scrollIntoView({ block: "start" });
  });
  count();

  // The phone.
  const chat = $("try-chat");
  if (!chat) return;
  const writing = $("try-form");
  const text = $("try-text");
  const words = JSON.parse($("try").dataset.words);
  const burst = [];
  let began = 0;
  let timer = 0;
  let isAnswering = false;
  let drafts = 0;
  let pressed = ""; // the topic of the menu that the newest message is

  const down = () => { chat.scrollTop = chat.scrollHeight; };
  const line = (kind, said) => {
    const item = document.createElement("div");
    item.className = `try-line ${kind}`;
    const bubble = document.createElement("p");
    bubble.className = "try-bubble";
    bubble.textContent = said;
    item.append(bubble);
    return item;
  };
  const typing = () => {
    const item = document.createElement("div");
    item.className = "try-line try-bot try-typing";
    item.innerHTML = '<p class="try-bubble"><span></span><span></span><span></span></p>';
    return item;
  };
  const trouble = (said) => {
    const item = document.createElement("div");
    item.className = "try-line try-trouble";
    item.textContent = said;
    return item;
  };

  // As long as the bot would wait for the rest of a burst: see bot/domain/turn.py.
  const waitFor = (said) => {
    const finished = /[?!.…)🙏]$/u.test(said) || said.length >= 60;
    const quiet = Number($("f-quiet_ms").value) * (finished ? 1 : 1.75);
    return Math.max(0, Math.min(quiet, began + Number($("f-max_wait_ms").value) - Date.now()));
  };

  const answer = async () => {
    if (isAnswering || !burst.length) return;
    isAnswering = true;
    const texts = burst.splice(0);
    const topic = texts.length === 1 ? pressed : "";
    pressed = "";
    const waiting = typing();
    chat.append(waiting);
    $("try-status").textContent = words.writing;
    down();
    await saved();
    const body = new URLSearchParams({ said: writing.elements.said.value, use: document.querySelector('[name="use"]:checked').value });
    for (const one of texts) body.append("text", one);
    if (topic) body.set("topic", topic);
    let html = "";
    let wrong = words.wrong;
    try {
      const told = await fetch("/bot/try", { method: "POST", headers: { "HX-Request": "true" }, body });
      if (told.ok) html = await told.text();
      else if (told.status === 429) wrong = words.many;
    } catch { /* Told below, like every other refusal. */ }
    waiting.remove();
    isAnswering = false;
    drafts += 1;
    if (burst.length && drafts < 3) {
      // What came meanwhile restarts the draft, as it does with customers.
      burst.unshift(...texts);
      plan();
      return;
    }
    drafts = 0;
    $("try-status").textContent = words.online;
    const box = document.createElement("template");
    box.innerHTML = html;
    const said = box.content.querySelector("template[data-said]");
    if (said) { writing.elements.said.value = said.dataset.said; said.remove(); }
    chat.append(said ? box.content : trouble(wrong));
    down();
    if (burst.length) plan();
  };
  const plan = () => {
    clearTimeout(timer);
    timer = setTimeout(answer, waitFor(burst[burst.length - 1]));
  };
  const say = (said, topic = "") => {
    if (!said.trim()) return;
    pressed = topic;
    if (!burst.length && !isAnswering) began = Date.now();
    burst.push(said.trim());
    chat.append(line("try-you", said.trim()));
    down();
    plan();
  };
  writing.addEventListener("submit", (event) => {
    event.preventDefault();
    say(text.value);
    text.value = "";
    text.focus();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); writing.requestSubmit(); }
  });
  document.addEventListener("click", (event) => {
    const idea = event.target.closest("[data-ask]");
    if (idea) say(idea.dataset.ask);
    const topic = event.target.closest("[data-topic]");
    if (topic) { event.preventDefault(); say(topic.dataset.topic, topic.value); }
    if (event.target.closest("[data-try-again]")) {
      event.preventDefault();
      clearTimeout(timer);
      burst.length = 0;
      pressed = "";
      writing.elements.said.value = "[]";
      for (const old of chat.querySelectorAll(".try-line")) old.remove();
      text.focus();
    }
  });
  down();
})();
