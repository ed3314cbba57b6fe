// Writing: the text field, answering to a message, changing one, and the microphone.

import { isOwn, summary } from "./bubbles.js";
import { clockOfSeconds, t } from "./dom.js";
import { record } from "./voice.js";

const TALLEST_PX = 120;

export class Composer {
  constructor({ form, about, recording, businessName, onText, onEdit, onVoice }) {
    Object.assign(this, { form, about, recording, businessName, onText, onEdit, onVoice });
    this.field = form.elements.text;
    this.replyTo = null;
    this.editing = null;
    this.recorder = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    this.field.addEventListener("input", () => this.fit());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.submit();
      } else if (event.key === "Escape" && (this.replyTo || this.editing)) {
        this.forget();
      }
    });
    about.querySelector("button").addEventListener("click", () => this.forget());
    form.querySelector("[data-record]").addEventListener("click", () => this.startRecording());
    recording.querySelector("[data-cancel]").addEventListener("click", () => this.stopRecording(false));
    recording.querySelector("[data-done]").addEventListener("click", () => this.stopRecording(true));
    this.fit();
  }

  fit() {
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(TALLEST_PX, this.field.scrollHeight)}px`;
    this.form.classList.toggle("has-text", this.field.value.trim() !== "");
  }

  submit() {
    const text = this.field.value.trim();
    if (!text) return;
    const { editing } = this;
    const replyTo = this.takeReply();
    this.field.value = "";
    this.forget();
    this.fit();
    if (!editing) this.onText(text, replyTo);
    else if (text !== editing.text) this.onEdit(editing, text);
  }

  // What the next message answers to, used up by taking it.
  takeReply() {
    const replyTo = this.replyTo;
    if (replyTo) this.forget();
    return replyTo;
  }

  forget() {
    if (this.editing) this.field.value = "";
    this.replyTo = null;
    this.editing = null;
    this.about.hidden = true;
    this.form.classList.remove("is-editing");
    this.fit();
  }

  showAbout(title, message) {
    this.about.querySelector("strong").textContent = title;
    this.about.querySelector("span").textContent = summary(message);
    this.about.hidden = false;
    this.field.focus();
  }

  reply(message) {
    this.forget();
    this.replyTo = message.wamid;
    this.showAbout(isOwn(message) ? t("you") : this.businessName, message);
  }

  edit(message) {
    this.forget();
    this.editing = message;
    this.field.value = message.text;
    this.form.classList.add("is-editing");
    this.showAbout(t("editing"), message);
    this.fit();
  }

  async startRecording() {
    try {
      this.recorder = await record((seconds) => {
        this.recording.querySelector(".ph-length").textContent = clockOfSeconds(seconds);
      });
    } catch {
      // No microphone here, or it was not allowed: a sample does as well.
      this.onVoice(null);
      return;
    }
    this.recording.hidden = false;
    this.form.hidden = true;
    this.recording.querySelector("[data-done]").focus();
  }

  async stopRecording(send) {
    const { recorder } = this;
    if (!recorder) return;
    this.recorder = null;
    this.recording.hidden = true;
    this.form.hidden = false;
    this.field.focus();
    const note = await recorder.finish();
    if (send && note.size) this.onVoice(note);
  }
}
