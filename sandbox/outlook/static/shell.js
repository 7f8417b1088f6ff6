/** What every page has around it: the list of people closes like a menu, and the panel of settings. */

import "./settings.js";

const persona = document.querySelector(".persona");
if (persona) {
  document.addEventListener("click", (event) => {
    if (!persona.contains(event.target)) {
      persona.open = false;
    }
  });
  persona.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && persona.open) {
      persona.open = false;
      persona.querySelector("summary").focus();
    }
  });
}
