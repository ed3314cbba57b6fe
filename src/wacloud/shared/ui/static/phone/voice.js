// Voice notes: playing them with their own waveform, and recording one.

import { clockOfSeconds, el, icon, t } from "./dom.js";
import { oggFromWebm } from "./ogg.js";

const BARS = 34;
const LONGEST_S = 120;
let playing = null;
let sounds = null;

const soundContext = () => (sounds ??= new OfflineAudioContext(1, 1, 48_000));

// Until the sound is decoded (and where it cannot be) the bars come from the name, always the same for one note.
function barsOfName(name) {
  let seed = [...name].reduce((sum, letter) => (Math.imul(sum, 31) + letter.codePointAt(0)) >>> 0, 7);
  return Array.from({ length: BARS }, (_, i) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return 0.25 + 0.55 * (seed / 2 ** 32) * Math.sin(((i + 1) / (BARS + 1)) * Math.PI) ** 0.5;
  });
}

async function bytesOf(source) {
  if (source instanceof Blob) return source.arrayBuffer();
  const answer = await fetch(source);
  if (!answer.ok) throw new Error(`media ${answer.status}`);
  return answer.arrayBuffer();
}

async function measured(source) {
  const sound = await soundContext().decodeAudioData(await bytesOf(source));
  const samples = sound.getChannelData(0);
  const width = Math.max(1, Math.floor(samples.length / BARS));
  const peaks = Array.from({ length: BARS }, (_, bar) => {
    let sum = 0;
    for (let i = bar * width; i < (bar + 1) * width && i < samples.length; i++) sum += samples[i] * samples[i];
    return Math.sqrt(sum / width);
  });
  const top = Math.max(...peaks);
  return { seconds: sound.duration, bars: top > 0.001 ? peaks.map((peak) => peak / top) : null };
}

function waveform() {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "ph-wave");
  svg.setAttribute("viewBox", `0 0 ${BARS * 5} 32`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const rects = Array.from({ length: BARS }, (_, i) => {
    const rect = document.createElementNS(SVG, "rect");
    for (const [name, value] of Object.entries({ x: i * 5 + 1, width: 3, rx: 1.5 })) rect.setAttribute(name, value);
    svg.append(rect);
    return rect;
  });
  return {
    svg,
    draw: (bars) => rects.forEach((rect, i) => {
      const height = Math.max(3, bars[i] * 30);
      rect.setAttribute("height", height);
      rect.setAttribute("y", (32 - height) / 2);
    }),
    fill: (share) => rects.forEach((rect, i) => rect.classList.toggle("is-played", i / BARS < share)),
  };
}

// `source` is an address, or the recording itself while it is in this page.
export function voicePlayer(source, name) {
  const wave = waveform();
  wave.draw(barsOfName(name));
  const audio = new Audio();
  audio.preload = "none";
  let seconds = 0;
  const left = el("span.ph-length", {}, "0:00");
  const button = el("button.ph-play", { type: "button", "aria-label": t("play") }, icon("play"));
  const showState = () => {
    const on = !audio.paused;
    button.replaceChildren(icon(on ? "pause" : "play"));
    button.setAttribute("aria-label", on ? t("pause") : t("play"));
  };
  const showPosition = () => {
    const whole = Number.isFinite(audio.duration) ? audio.duration : seconds;
    wave.fill(whole && !audio.ended ? audio.currentTime / whole : 0);
    left.textContent = clockOfSeconds(audio.currentTime > 0 && !audio.ended ? audio.currentTime : whole);
  };
  for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, () => { showState(); showPosition(); });
  audio.addEventListener("timeupdate", showPosition);
  button.addEventListener("click", async () => {
    if (!audio.paused) return audio.pause();
    if (playing && playing !== audio) playing.pause();
    playing = audio;
    if (!audio.src) audio.src = source instanceof Blob ? URL.createObjectURL(source) : source;
    await audio.play().catch(() => button.setAttribute("aria-label", t("cannotPlay")));
  });
  if (source) {
    measured(source).then((found) => {
      seconds = found.seconds;
      if (found.bars) wave.draw(found.bars);
      showPosition();
    }, () => {});
  }
  return el("div.ph-voice", {}, button, el("div.ph-voice-body", {}, wave.svg, left), el("span.ph-voice-mark", {}, icon("mic")));
}

// The same file as a phone would send, whatever this browser records.
async function asPhoneNote(blob) {
  if (!blob.type.includes("webm")) return blob;
  return oggFromWebm(new Uint8Array(await blob.arrayBuffer()));
}

// Asks for the microphone; throws where there is none or the person says no.
export async function record(onTick) {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const type = ["audio/ogg;codecs=opus", "audio/webm;codecs=opus", "audio/mp4"].find((one) => MediaRecorder.isTypeSupported(one));
  const recorder = new MediaRecorder(stream, type ? { mimeType: type, audioBitsPerSecond: 24_000 } : {});
  const parts = [];
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = (Date.now() - started) / 1000;
    onTick(seconds);
    if (seconds >= LONGEST_S) recorder.stop();
  }, 200);
  recorder.addEventListener("dataavailable", (event) => parts.push(event.data));
  const ended = new Promise((resolve) => recorder.addEventListener("stop", resolve));
  recorder.start();
  return {
    ended,
    async finish() {
      if (recorder.state !== "inactive") recorder.stop();
      await ended;
      clearInterval(timer);
      stream.getTracks().forEach((track) => track.stop());
      return asPhoneNote(new Blob(parts, { type: recorder.mimeType }));
    },
  };
}
