// A mailed link carries its secret behind the #, which no server and no log sees: into the form, and out of the address.
(() => {
  "use strict";
  const secret = location.hash.slice(1);
  const field = document.querySelector("[data-link-secret]");
  if (!field || !secret) return;
  field.value = secret;
  history.replaceState(null, "", location.pathname + location.search);
})();
