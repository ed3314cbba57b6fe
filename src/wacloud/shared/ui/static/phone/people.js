// Who is holding the phone: the list of people, and making a new one.

import { call, Refused } from "./api.js";
import { summary } from "./bubbles.js";
import { t, timeOf } from "./dom.js";

export class People {
  constructor({ list, template, dialog, opener, onChoose }) {
    Object.assign(this, { list, template, dialog, onChoose });
    list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-person]");
      if (button) this.choose(button.dataset.person);
    });
    opener.forEach((one) => one.addEventListener("click", () => dialog.showModal()));
    dialog.querySelectorAll("[data-close]").forEach((one) => one.addEventListener("click", () => dialog.close()));
    const form = dialog.querySelector("form");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.create(form);
    });
    form.elements.hides_phone.addEventListener("change", () => this.showFields(form));
    this.showFields(form);
  }

  showFields(form) {
    const hides = form.elements.hides_phone.checked;
    form.querySelector("[data-field=phone]").hidden = hides;
    form.querySelector("[data-field=username]").hidden = !hides;
  }

  button(person) {
    return this.list.querySelector(`[data-person="${CSS.escape(person)}"]`);
  }

  get ids() {
    return [...this.list.querySelectorAll("[data-person]")].map((one) => one.dataset.person);
  }

  choose(person) {
    for (const one of this.list.querySelectorAll("[data-person]")) {
      one.toggleAttribute("aria-current", one.dataset.person === person);
      if (one.dataset.person === person) one.setAttribute("aria-current", "true");
    }
    const button = this.button(person);
    button.scrollIntoView({ block: "nearest" });
    this.onChoose(person, button.dataset.name);
  }

  preview(person, message) {
    const button = this.button(person);
    if (!button || !message) return;
    button.querySelector(".ph-person-line").textContent = summary(message);
    button.querySelector(".ph-person-time").textContent = timeOf(new Date(message.timestamp * 1000));
  }

  add(person) {
    const row = this.template.content.firstElementChild.cloneNode(true);
    const button = row.querySelector("[data-person]");
    button.dataset.person = person.id;
    button.dataset.name = person.name;
    row.querySelector(".ph-person-name").textContent = person.name;
    row.querySelector(".ph-person-line").textContent = person.line;
    const avatar = row.querySelector(".ph-avatar");
    avatar.textContent = person.initials;
    avatar.classList.add(`hue-${person.tone}`);
    this.list.append(row);
  }

  async create(form) {
    const problem = form.querySelector("[role=alert]");
    const { name, phone, username, hides_phone: hides } = form.elements;
    problem.textContent = "";
    try {
      const person = await call("/simulator/people", {
        name: name.value.trim(),
        phone: hides.checked ? null : phone.value.trim() || null,
        username: hides.checked ? username.value.trim().replace(/^@/, "") || null : null,
        hides_phone: hides.checked,
      });
      if (!this.button(person.id)) this.add(person);
      form.reset();
      this.showFields(form);
      this.dialog.close();
      this.choose(person.id);
    } catch (error) {
      problem.textContent = error instanceof Refused ? error.message : t("refused");
    }
  }
}
