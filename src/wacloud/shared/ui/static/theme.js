// Looks chosen in the settings card, at once and without a reload; the cookie lets the server draw the next page so.
(() => {
  "use strict";
  const root = document.documentElement;

  const keep = (name, value) => {
    const age = value ? 31536000 : 0;
    const secure = location.protocol === "https:" ? ";secure" : "";
    document.cookie = `${name}=${value};path=/;max-age=${age};samesite=lax${secure}`;
  };

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-preferences]");
    const chosen = event.submitter;
    if (!form || !chosen) return;
    if (chosen.name !== "theme") {
      form.elements.next.value = location.pathname + location.search.replace(/([?&])lang=[^&]*/, "$1");
      return;
    }
    event.preventDefault();
    if (chosen.value === "system") root.removeAttribute("data-bs-theme");
    else root.setAttribute("data-bs-theme", chosen.value);
    keep("theme", chosen.value === "system" ? "" : chosen.value);
    for (const button of form.querySelectorAll('[name="theme"]')) {
      button.setAttribute("aria-pressed", String(button === chosen));
    }
  });

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details.me[open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("click", (event) => closeMenus(event.target.closest("details.me")));
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.me[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // What a menu lists is asked for when it is opened first. Until then, and without this, a link in it leads there.
  // The event does not bubble, but it can be caught on its way down.
  document.addEventListener("toggle", async (event) => {
    const card = event.target.open && event.target.querySelector("[data-load]");
    if (!card) return;
    const answer = await fetch(card.dataset.load, { headers: { "HX-Request": "true", "HX-Current-URL": location.href } });
    if (answer.ok) {
      card.innerHTML = await answer.text();
      card.removeAttribute("data-load");
    } else if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect"));
  }, true);

  // What is told relative to now goes on being true while a page stays open.
  const relative = new Intl.RelativeTimeFormat(root.lang, { numeric: "always" });
  const refreshTimes = () => {
    for (const time of document.querySelectorAll("time[data-left]")) {
      const minutes = Math.max(0, Math.floor((new Date(time.dateTime) - Date.now()) / 60000));
      time.textContent = minutes >= 60 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`;
      time.closest(".chip-window")?.classList.toggle("is-soon", minutes < 120);
    }
    for (const time of document.querySelectorAll("time[data-ago]")) {
      const minutes = Math.floor((Date.now() - new Date(time.dateTime)) / 60000);
      if (minutes < 1) continue;
      time.textContent = minutes < 60 ? relative.format(-minutes, "minute")
        : minutes < 1440 ? relative.format(-Math.floor(minutes / 60), "hour")
        : relative.format(-Math.floor(minutes / 1440), "day");
    }
  };
  setInterval(refreshTimes, 30000);
  document.addEventListener("visibilitychange", () => document.hidden || refreshTimes());
})();
