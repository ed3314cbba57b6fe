// A long press of a finger, or the right button of a mouse.

const LONG_MS = 450;
const STILL_PX = 10;

export function onLongPress(area, selector, act) {
  let timer = null;
  let from = null;
  const forget = () => {
    clearTimeout(timer);
    timer = null;
  };
  area.addEventListener("pointerdown", (event) => {
    forget();
    const target = event.target.closest(selector);
    if (!target || event.pointerType !== "touch") return;
    from = event;
    timer = setTimeout(() => {
      forget();
      navigator.vibrate?.(10);
      act(target);
    }, LONG_MS);
  });
  area.addEventListener("pointermove", (event) => {
    if (timer && Math.hypot(event.clientX - from.clientX, event.clientY - from.clientY) > STILL_PX) forget();
  });
  for (const end of ["pointerup", "pointercancel"]) area.addEventListener(end, forget);
  area.addEventListener("contextmenu", (event) => {
    const target = event.target.closest(selector);
    // The links inside of a message keep the browser's own menu.
    if (!target || event.target.closest("a")) return;
    event.preventDefault();
    if (event.pointerType !== "touch") act(target);
  });
}
