// Files in the composer: chosen, pasted, dropped or recorded, uploaded at once and sent with the form. And photos, large.
// What is attached stands in the form itself, so a composer that is put in anew brings what it had.
import { oggFromWebm } from "../phone/ogg.js";

const LARGEST_PHOTO = 5 * 1024 * 1024;
const LONGEST_SIDE = 2560;
const MOST_FILES = 10;
const LONGEST_S = 15 * 60;

const $ = (id) => document.getElementById(id);
const composer = () => document.querySelector("form#composer");
const words = () => JSON.parse(composer().dataset.words);
const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;
const size = (bytes) => (bytes >= 1e6 ? `${(bytes / 1048576).toFixed(0)} MB` : `${Math.max(1, Math.round(bytes / 1024))} kB`);

const tell = (text) => {
  const line = document.createElement("p");
  line.className = "notice";
  line.textContent = text;
  $("notices").append(line);
  setTimeout(() => line.remove(), 6000);
};

// A form that has a file needs no words; one that has neither says so by itself.
const sync = () => {
  const reply = $("reply");
  if (reply) reply.required = !document.querySelector("#attached [data-attached]");
};

const element = (tag, className, text = "") => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const icon = (name) => document.querySelector(`#composer [data-${name}] .icon`)?.cloneNode(true) || "";

// WhatsApp takes JPEG and PNG of 5 MB. What a camera or a browser made otherwise becomes a JPEG, as on a phone.
const asPhoto = async (file) => {
  if (!file.type.startsWith("image/") || (["image/jpeg", "image/png"].includes(file.type) && file.size <= LARGEST_PHOTO)) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(picture, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.88));
    return new File([blob], `${file.name.replace(/\.[^.]*$/, "") || "photo"}.jpg`, { type: "image/jpeg" });
  } catch {
    return file; // The server says what is wrong with it.
  }
};

const chip = (file, kind) => {
  const say = words();
  const name = kind === "voice" ? say.voice : file.name;
  const item = element("li", "attached-file");
  item.dataset.attached = "";
  item.dataset.uploading = "";
  const picture = element("span", "attached-picture");
  if (file.type.startsWith("image/")) {
    const image = document.createElement("img");
    image.alt = "";
    image.src = URL.createObjectURL(file);
    picture.append(image);
  } else picture.append(icon(kind === "voice" ? "record" : "attach"));
  const about = element("span", "attached-about");
  about.append(element("span", "attached-name", name));
  if (kind === "voice") {
    const audio = document.createElement("audio");
    audio.controls = true;
    audio.src = URL.createObjectURL(file);
    about.append(audio);
  }
  const bar = document.createElement("progress");
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", `${say.uploading}: ${name}`);
  const state = element("span", "attached-state");
  state.setAttribute("role", "status");
  about.append(bar, state);
  const remove = element("button", "ghost", "×");
  remove.type = "button";
  remove.dataset.detach = "";
  remove.setAttribute("aria-label", `${say.remove}: ${name}`);
  item.append(picture, about, remove);
  return { item, bar, state };
};

const told = (request) => {
  const say = words();
  try {
    const problem = JSON.parse(request.responseText);
    return problem.limit ? `${problem.title} (${say.atMost} ${size(problem.limit)})` : problem.title;
  } catch {
    return say.failed;
  }
};

const upload = (file, kind, { item, bar, state }) => {
  const request = new XMLHttpRequest();
  const form = new FormData();
  if (kind) form.append("kind", kind);
  form.append("file", file, file.name || "file");
  item.addEventListener("detached", () => request.abort());
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (100 * event.loaded) / event.total;
  });
  const fail = (text) => {
    delete item.dataset.uploading;
    item.classList.add("is-refused");
    bar.remove();
    state.textContent = text;
    delete item.dataset.attached;
    sync();
  };
  request.addEventListener("error", () => fail(words().offline));
  request.addEventListener("load", () => {
    if (request.status !== 201) { fail(told(request)); return; }
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "media";
    field.value = JSON.parse(request.responseText).id;
    item.prepend(field);
    bar.remove();
    delete item.dataset.uploading;
  });
  request.open("POST", "/api/whatsapp/media");
  request.send(form);
};

const attach = async (files, kind = "") => {
  const list = $("attached");
  if (!list) return;
  for (const file of files) {
    if (list.querySelectorAll("[data-attached]").length >= MOST_FILES) { tell(words().tooMany); break; }
    const ready = kind ? file : await asPhoto(file);
    const made = chip(ready, kind);
    list.append(made.item);
    upload(ready, kind, made);
  }
  sync();
  $("reply")?.focus();
};

// --- Recording ------------------------------------------------------------------------------------------------

let recorder = null;

const record = async () => {
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch (problem) {
    tell(problem.name === "NotAllowedError" || problem.name === "SecurityError" ? words().refused : words().absent);
    return;
  }
  if (!composer()) { stream.getTracks().forEach((track) => track.stop()); return; }
  const type = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"].find((one) => MediaRecorder.isTypeSupported(one));
  const made = new MediaRecorder(stream, type ? { mimeType: type, audioBitsPerSecond: 24_000 } : {});
  const parts = [];
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = (Date.now() - started) / 1000;
    if ($("recorded")) $("recorded").textContent = clock(seconds);
    if (seconds >= LONGEST_S) finish(true);
  }, 250);
  made.addEventListener("dataavailable", (event) => parts.push(event.data));
  made.addEventListener("stop", async () => {
    clearInterval(timer);
    stream.getTracks().forEach((track) => track.stop());
    if (!made.keep) return;
    const blob = new Blob(parts, { type: made.mimeType });
    // The same packets in the wrapping WhatsApp wants; what another browser records is converted on the server.
    const note = blob.type.includes("webm") ? oggFromWebm(new Uint8Array(await blob.arrayBuffer())) : blob;
    const plain = (note.type || made.mimeType).split(";")[0];
    attach([new File([note], plain === "audio/mp4" ? "voice.m4a" : "voice.ogg", { type: plain })], "voice");
  });
  made.start();
  recorder = made;
  $("recording").hidden = false;
  $("composer-box").hidden = true;
  document.querySelector("[data-record-done]").focus();
};

const finish = (keep) => {
  if (!recorder) return;
  recorder.keep = keep;
  if (recorder.state !== "inactive") recorder.stop();
  recorder = null;
  if ($("recording")) $("recording").hidden = true;
  if ($("composer-box")) $("composer-box").hidden = false;
  $("reply")?.focus();
};

// --- What a person does ---------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const at = event.target;
  if (at.closest("[data-attach]")) $("files").click();
  if (at.closest("[data-record]")) record();
  if (at.closest("[data-record-done]")) finish(true);
  if (at.closest("[data-record-cancel]")) finish(false);
  const gone = at.closest("[data-detach]")?.closest("li");
  if (gone) {
    gone.dispatchEvent(new Event("detached"));
    gone.remove();
    sync();
    $("reply")?.focus();
  }
  const photo = at.closest("a[data-lightbox]");
  if (photo && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
    event.preventDefault();
    const shown = $("lightbox").querySelector("img");
    shown.src = photo.href;
    shown.alt = photo.querySelector("img").alt;
    $("lightbox").showModal();
  } else if (at.id === "lightbox") $("lightbox").close();
});
$("lightbox")?.addEventListener("close", () => $("lightbox").querySelector("img").removeAttribute("src"));

document.addEventListener("change", (event) => {
  if (event.target.id !== "files") return;
  const chosen = [...event.target.files];
  event.target.value = "";
  attach(chosen);
});
document.addEventListener("paste", (event) => {
  if (event.target.id !== "reply" || !event.clipboardData.files.length) return;
  event.preventDefault();
  attach([...event.clipboardData.files]);
});
const isOfFiles = (event) => composer() && event.dataTransfer?.types.includes("Files") && event.target.closest?.("#pane");
document.addEventListener("dragover", (event) => {
  if (!isOfFiles(event)) return;
  event.preventDefault();
  composer().classList.add("is-dropped-on");
});
document.addEventListener("dragleave", (event) => { if (!event.relatedTarget) composer()?.classList.remove("is-dropped-on"); });
document.addEventListener("drop", (event) => {
  if (!isOfFiles(event)) return;
  event.preventDefault();
  composer().classList.remove("is-dropped-on");
  attach([...event.dataTransfer.files]);
});
// Before anybody else hears of it: a form whose files are still on their way is not sent.
document.addEventListener("submit", (event) => {
  if (event.target.id !== "composer" || !event.target.querySelector("[data-uploading]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  tell(words().wait);
}, true);
document.addEventListener("htmx:afterSwap", sync);
document.addEventListener("pane:changed", () => finish(false));
sync();
