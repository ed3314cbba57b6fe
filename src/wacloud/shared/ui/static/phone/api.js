// The way to the server: what went wrong comes back as a sentence, never as a status code.

import { t } from "./dom.js";

export class Refused extends Error {}

export async function call(path, body) {
  let answer;
  try {
    answer = await fetch(path, body === undefined ? { headers: { accept: "application/json" } } : {
      method: "POST",
      headers: { "content-type": "application/json", accept: "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refused(t("offline"));
  }
  const found = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refused(found?.detail || found?.title || t("refused"));
  return found;
}

// The live line of one phone. It heals itself; `onState` says whether it stands, `onRefused` that it was not let in.
export function listen(path, handlers, onState, onRefused) {
  let source = null;
  let timer = null;
  let closed = false;
  const open = () => {
    source = new EventSource(path);
    source.onopen = () => onState(true);
    source.onerror = () => {
      onState(false);
      // A refusal ends the source for good; a lost line is opened again by the browser itself.
      if (source.readyState !== EventSource.CLOSED || closed) return;
      onRefused();
      timer = setTimeout(open, 3000);
    };
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
  };
  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    source.close();
  };
}

export function base64Of(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(new Refused(t("cannotRead")));
    reader.readAsDataURL(blob);
  });
}

const LONGEST_SIDE = 1600;

// As a phone does before it sends: a JPEG of moderate size, whatever was chosen.
export async function asPhonePhoto(blob) {
  const url = URL.createObjectURL(blob);
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const scale = Math.min(1, LONGEST_SIDE / Math.max(image.naturalWidth, image.naturalHeight));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(image.naturalWidth * scale);
    canvas.height = Math.round(image.naturalHeight * scale);
    const brush = canvas.getContext("2d");
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, canvas.width, canvas.height);
    brush.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", 0.85));
  } catch {
    throw new Refused(t("notAPhoto"));
  } finally {
    URL.revokeObjectURL(url);
  }
}
