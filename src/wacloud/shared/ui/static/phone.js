// The phone page: people on the left, their phone in the middle, what is happening on the right.

import { asPhonePhoto, base64Of, call, listen, Refused } from "./phone/api.js";
import { isOwn, sentAt, summary } from "./phone/bubbles.js";
import { Composer } from "./phone/composer.js";
import { decimal, language, t, timeOf } from "./phone/dom.js";
import { Happenings } from "./phone/happenings.js";
import { onLongPress } from "./phone/longpress.js";
import { People } from "./phone/people.js";
import { attachments, choose, closeSheet, messageOptions, places, sheetIsOpen } from "./phone/sheets.js";
import { Thread } from "./phone/thread.js";

const BURST_PAUSE_MS = 650;
const root = document.getElementById("simulator");
const find = (selector) => root.querySelector(selector);
const given = (name) => JSON.parse(root.dataset[name]);

const businessName = root.dataset.businessName;
const stateLine = find("#ph-state");
const trouble = find("#ph-trouble");
const happenings = new Happenings(find("#ph-happenings"));
let person = null;
let leave = null;
let typingTimer = null;
let typingFrom = null;
let lastWrittenAt = null;
let isConnected = true;

const tools = {
  businessName,
  find: (wamid) => thread.find(wamid),
  isAnswered: (message) => thread.isAnswered(message),
  jumpTo: (wamid) => thread.jumpTo(wamid),
  mediaUrl: (content) => (content.id ? `/simulator/media/${encodeURIComponent(content.id)}` : (content.link ?? "")),
  openOptions: (message) => messageOptions(message, actions),
  openList: (message) => choose(message, (row) => tap(message, row.id, row.title, { list_reply: row })),
  openPlaces: () => places(actions),
  pressButton: (message, reply) => tap(message, reply.id, reply.title, { button_reply: reply }),
  pressTemplate: (message, button) => tap(message, button.payload ?? button.text, button.text, null),
  sharePhone: (message) => shareOwnPhone(message),
};

const thread = new Thread({ scroller: find("#ph-chat"), list: find("#ph-list"), newer: find("#ph-newer"), tools });

const composer = new Composer({
  form: find("#ph-composer"),
  about: find("#ph-about"),
  recording: find("#ph-recording"),
  businessName,
  onText: (text, replyTo) => writeText(text, replyTo),
  onEdit: (message, text) => change({ type: "edit", message_id: message.wamid, text }, t("didEdit")),
  onVoice: (note) => sendVoice(note),
});

const people = new People({
  list: find("#ph-people"),
  template: find("#ph-person-row"),
  dialog: find("#ph-new-person"),
  opener: root.querySelectorAll("[data-new-person]"),
  onChoose: (id, name) => hold(id, name),
});

const actions = {
  places: given("places"),
  contacts: given("contacts"),
  photos: given("photos"),
  voice: () => composer.startRecording(),
  burst: () => burst(),
  pickDocument: () => find("#ph-document").click(),
  pickPhoto: () => find("#ph-file").click(),
  samplePhoto: async (photo) => sendPhoto(await (await fetch(photo.url)).blob()),
  place: (place) => write({ type: "location", location: place }, { type: "location", text: place.name, content: place }),
  contact: (contact) => write({ type: "contact", contact }, {
    type: "contacts", text: "", content: [{ name: { formatted_name: contact.name }, phones: [{ phone: contact.phone }] }],
  }),
  react: (message, emoji) => change({ type: "reaction", message_id: message.wamid, emoji }, t("didReact")),
  reply: (message) => composer.reply(message),
  edit: (message) => composer.edit(message),
  revoke: (message) => change({ type: "revoke", message_id: message.wamid }, t("didRevoke")),
};

// --- Writing --------------------------------------------------------------------------------------------------

function say(problem) {
  trouble.textContent = problem;
  trouble.hidden = !problem;
}

async function send(body, what = "") {
  const step = happenings.add("out", t("webhookSent"), what);
  try {
    const answer = await call(`/simulator/${encodeURIComponent(person)}/messages`, body);
    const { status = 0, ms = 0 } = answer.webhook ?? {};
    if (status >= 200 && status < 300) {
      happenings.change(step, "accepted", t("accepted", { ms: Math.max(1, Math.round(ms)) }), what);
    } else {
      happenings.change(step, "problem", status ? t("refusedWebhook", { status }) : t("noWebhook"), t("willRetry"));
    }
    return answer;
  } catch (error) {
    const problem = error instanceof Refused ? error.message : t("refused");
    happenings.change(step, "problem", t("notSent"), problem);
    throw new Refused(problem);
  }
}

async function write(body, looks) {
  const replyTo = body.reply_to ?? composer.takeReply();
  const pending = {
    wamid: `pending-${crypto.randomUUID()}`, from: "customer", status: "waiting", pending: true, reactions: {},
    timestamp: Math.floor(Date.now() / 1000), reply_to: replyTo, ...looks,
  };
  const writer = person;
  say("");
  thread.addPending(pending);
  people.preview(writer, pending);
  lastWrittenAt = performance.now();
  try {
    const answer = await send(replyTo ? { ...body, reply_to: replyTo } : body, summary(pending));
    if (writer === person) thread.confirm(pending, answer.wamid);
  } catch (error) {
    if (writer === person) thread.refuse(pending, error.message);
  }
}

const writeText = (text, replyTo = null) =>
  write({ type: "text", text, reply_to: replyTo }, { type: "text", text, content: { body: text } });

async function change(body, title) {
  say("");
  try {
    await send(body, title);
  } catch (error) {
    say(error.message);
  }
}

function tap(message, id, title, answer) {
  return write({ type: "tap", message_id: message.wamid, id, reply_to: message.wamid }, {
    type: answer ? "interactive" : "button", text: title, content: answer ?? { text: title },
  });
}

async function sendPhoto(blob) {
  try {
    const jpeg = await asPhonePhoto(blob);
    await write({ type: "image", media: { base64: await base64Of(jpeg), mime_type: "image/jpeg" } }, {
      type: "image", text: "", content: { preview: URL.createObjectURL(jpeg) },
    });
  } catch (error) {
    say(error instanceof Refused ? error.message : t("refused"));
  }
}

async function sendDocument(file) {
  try {
    const media = { base64: await base64Of(file), mime_type: file.type || "application/octet-stream", filename: file.name };
    await write({ type: "document", media }, {
      type: "document", text: "", content: { filename: file.name, preview: URL.createObjectURL(file) },
    });
  } catch (error) {
    say(error instanceof Refused ? error.message : t("refused"));
  }
}

async function sendVoice(note) {
  let sound = note;
  if (!sound) {
    sound = await (await fetch(root.dataset.sampleVoice)).blob();
    happenings.add("change", t("noMicrophone"), t("noMicrophoneWhy"));
  }
  const type = sound.type.includes("mp4") ? "audio/mp4" : "audio/ogg; codecs=opus";
  await write({ type: "voice", media: { base64: await base64Of(sound), mime_type: type } }, {
    type: "audio", text: "", content: { preview: sound, voice: true },
  });
}

function shareOwnPhone(message) {
  const { name, phone } = people.button(person).dataset;
  return write({ type: "contact", contact: { name, phone }, is_own: true, reply_to: message.wamid }, {
    type: "contacts", text: "", content: [{ name: { formatted_name: name }, phones: [{ phone }] }],
  });
}

async function burst() {
  const writer = person;
  for (const text of given("burst")) {
    if (writer !== person) return;
    writeText(text);
    await new Promise((resolve) => setTimeout(resolve, BURST_PAUSE_MS));
  }
}

// --- The live line ---------------------------------------------------------------------------------------------

function showState() {
  const isTyping = typingFrom !== null;
  stateLine.textContent = !isConnected ? t("connecting") : isTyping ? t("typing") : t("online");
  stateLine.classList.toggle("is-typing", isConnected && isTyping);
  find("#ph-typing").hidden = !isTyping;
  if (isTyping && thread.isAtEnd()) thread.toEnd();
}

function stopTyping() {
  clearTimeout(typingTimer);
  typingFrom = null;
  showState();
}

function startTyping(seconds) {
  clearTimeout(typingTimer);
  typingTimer = setTimeout(stopTyping, seconds * 1000);
  if (typingFrom === null) happenings.add("typing", t("isTyping"));
  typingFrom = performance.now();
  showState();
}

function since(moment) {
  const seconds = (performance.now() - moment) / 1000;
  return seconds < 1 ? t("afterMs", { n: Math.round(seconds * 1000) }) : t("afterSeconds", { n: decimal(seconds) });
}

const handlers = {
  phone: ({ thread: found }) => {
    thread.replace(found.messages);
    people.preview(person, found.messages.at(-1));
    if (found.typing) startTyping(10);
    else stopTyping();
  },
  message: (message) => {
    const isNew = thread.take(message);
    people.preview(person, message);
    if (isOwn(message) || !isNew) return;
    stopTyping();
    happenings.add("answered", t("answered"), lastWrittenAt ? since(lastWrittenAt) : timeOf(sentAt(message)));
  },
  change: (message) => thread.take(message),
  status: ({ wamid, status, errors }) => {
    const message = thread.find(wamid);
    thread.setStatus(wamid, status, errors?.[0]?.title);
    if (!message) return;
    if (isOwn(message)) {
      if (status === "read") happenings.add("status", t("businessRead"));
    } else {
      const kind = status === "failed" ? "problem" : "status";
      happenings.addStatus(wamid, kind, t("statusWebhooks"), errors?.[0]?.title ?? t(status).toLocaleLowerCase(language));
    }
  },
  typing: ({ seconds }) => startTyping(seconds),
};

// A face-down phone (a tab nobody looks at) receives, but does not tick its messages as read.
function connect() {
  leave?.();
  if (!person) return;
  const reading = document.visibilityState === "visible" ? 1 : 0;
  const path = `/simulator/${encodeURIComponent(person)}`;
  const stands = (does) => {
    if (does && !isConnected) say("");
    isConnected = does;
    showState();
  };
  // The live line cannot say why it was refused; the same question without it can.
  leave = listen(`${path}/events?reading=${reading}`, handlers, stands, () =>
    call(`${path}/thread`).catch((error) => say(error.message)));
}

function hold(id, name) {
  person = id;
  lastWrittenAt = null;
  closeSheet();
  composer.forget();
  say("");
  stopTyping();
  thread.pending = [];
  thread.replace([]);
  happenings.clear();
  find("#ph-suggestions").scrollLeft = 0;
  root.classList.add("is-in-chat");
  find("#ph-whose").textContent = t("phoneOf", { name });
  try {
    localStorage.setItem("phone.person", id);
  } catch {
    // Without storage the first person is shown next time.
  }
  connect();
}

// --- The rest of the page --------------------------------------------------------------------------------------

find("#ph-attach").addEventListener("click", () => attachments(actions));
find("#ph-back").addEventListener("click", () => {
  root.classList.remove("is-in-chat");
  people.button(person)?.focus();
});
find("#ph-file").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) sendPhoto(file);
});
find("#ph-document").addEventListener("change", (event) => {
  const [file] = event.target.files;
  event.target.value = "";
  if (file) sendDocument(file);
});
find("#ph-suggestions").addEventListener("click", (event) => {
  const chip = event.target.closest("button");
  if (!chip) return;
  if (chip.dataset.burst !== undefined) burst();
  else writeText(chip.textContent.trim());
});
find("#ph-clear").addEventListener("click", () => happenings.clear());
onLongPress(find("#ph-list"), ".ph-bubble", (pressed) => {
  const message = thread.find(pressed.closest("[data-wamid]").dataset.wamid);
  if (message && !message.revoked) messageOptions(message, actions);
});
document.addEventListener("visibilitychange", connect);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && sheetIsOpen()) closeSheet();
});
addEventListener("pagehide", () => leave?.());

const phoneClock = find("#ph-clock");
const tick = () => {
  phoneClock.textContent = timeOf(new Date());
};
tick();
setInterval(tick, 10_000);

const onNarrowScreen = matchMedia("(max-width: 719px)").matches;
let remembered = null;
try {
  remembered = localStorage.getItem("phone.person");
} catch {
  // See above.
}
const wanted = new URLSearchParams(location.search).get("person") ?? remembered;
const [first] = people.ids;
if (first) {
  people.choose(people.ids.includes(wanted) ? wanted : first);
  if (onNarrowScreen && !people.ids.includes(wanted)) root.classList.remove("is-in-chat");
}
