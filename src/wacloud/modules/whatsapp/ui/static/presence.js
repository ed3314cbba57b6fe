// Who of the team is at the same conversation: said by every page that is looked at, shown above the composer. Whoever
// sends while somebody else is writing is asked to do it twice.
const AGAIN_MS = 15000;
const TYPING_MS = 3000;
const pane = () => document.querySelector("#pane[data-conversation]");
const room = () => (document.hidden ? null : pane()?.dataset.conversation) || null;
const me = document.querySelector("[data-me]")?.dataset.me;

let said = { room: null, doing: null, at: 0 };
let others = [];
let typedAt = 0;
let warnedUntil = 0;

const say = (at, doing) => {
  const body = new URLSearchParams({ doing });
  fetch(`/inbox/${at}/here`, { method: "POST", body, headers: { "HX-Request": "true" }, keepalive: true }).catch(() => {});
};

const tell = () => {
  const now = Date.now();
  const here = room();
  if (said.room && said.room !== here) { say(said.room, "gone"); said = { room: null, doing: null, at: 0 }; }
  if (!here) return;
  const doing = now - typedAt < TYPING_MS * 2 && document.getElementById("reply")?.value ? "typing" : "looking";
  if (said.room === here && said.doing === doing && now - said.at < (doing === "typing" ? TYPING_MS : AGAIN_MS)) return;
  said = { room: here, doing, at: now };
  say(here, doing);
};

const inWords = (people, one, many) => {
  const words = JSON.parse(document.getElementById("here").dataset.words);
  const names = new Intl.ListFormat(document.documentElement.lang).format(people.map((person) => person.name));
  return words[people.length > 1 ? many : one].replace("{names}", names);
};

const show = (text, warns = false) => {
  const line = document.getElementById("here");
  if (!line) return;
  line.hidden = !text;
  line.classList.toggle("is-warning", warns);
  if (line.textContent !== text) line.textContent = text;
};

const draw = () => {
  const typing = others.filter((person) => person.doing === "typing");
  if (typing.length && Date.now() < warnedUntil) show(inWords(typing, "wait", "wait"), true);
  else if (typing.length) show(inWords(typing, "typing", "typingMany"));
  else show(others.length ? inWords(others, "looking", "lookingMany") : "");
};

document.addEventListener("live:here", (event) => {
  if (event.detail.conversation !== pane()?.dataset.conversation) return;
  others = event.detail.people.filter((person) => person.id !== me);
  draw();
});

// Before anything else hears of it.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer") return;
  // What is on the screen has been read.
  const newest = [...document.querySelectorAll("#messages > [data-direction], #later [data-held]")].at(-1);
  const until = event.target.elements.read_until;
  if (newest && until) until.value = newest.id.slice(2);
  const typing = others.filter((person) => person.doing === "typing");
  if (!typing.length || Date.now() < warnedUntil) { typedAt = 0; return; }
  event.preventDefault();
  event.stopPropagation();
  warnedUntil = Date.now() + 10000;
  draw();
}, true);

document.addEventListener("input", (event) => { if (event.target.id === "reply") { typedAt = Date.now(); tell(); } });
document.addEventListener("pane:changed", () => { others = []; draw(); tell(); });
document.addEventListener("visibilitychange", tell);
window.addEventListener("pagehide", () => { if (said.room) say(said.room, "gone"); said = { room: null, doing: null, at: 0 }; });
setInterval(tell, 1000);
tell();
