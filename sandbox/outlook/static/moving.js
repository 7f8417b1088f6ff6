/** Lets an event be moved or stretched, by dragging and by keyboard; it tells the change and stores nothing. */

import { HOUR } from "./week.js";

const SNAP_MIN = 15;
const STEP = { ArrowUp: [-SNAP_MIN, 0], ArrowDown: [SNAP_MIN, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * @param {HTMLElement} block the event's button  @param {object} state  @param {HTMLElement} column the day it stands in
 * @param {(change: {minutes: number, days: number, longer: number}) => void} drop  minutes and days of a move, minutes
 *   by which it gets longer
 * @param {(change: object | null) => void} tell of each step by keyboard, and null when it was given up
 */
export function letMove(block, state, column, { drop, tell }) {
  if (!state.isOrganizer) {
    return;
  }
  drag(block, block, state, column, drop, false);
  if (!state.isAllDay) {
    const edge = document.createElement("span");
    edge.className = "edge";
    edge.setAttribute("aria-hidden", "true");
    block.append(edge);
    drag(block, edge, state, column, drop, true);
  }
  byKeyboard(block, state, drop, tell);
}

function drag(block, handle, state, column, drop, isEdge) {
  handle.addEventListener("pointerdown", (down) => {
    if (down.button !== 0) {
      return;
    }
    down.stopPropagation();
    const width = column.getBoundingClientRect().width;
    const height = block.offsetHeight;
    let change = null;
    const move = (event) => {
      const minutes = Math.round(((event.clientY - down.clientY) / HOUR) * (60 / SNAP_MIN)) * SNAP_MIN;
      const days = isEdge ? 0 : Math.round((event.clientX - down.clientX) / width);
      if (!change && !minutes && !days) {
        return;
      }
      change = isEdge
        ? { minutes: 0, days: 0, longer: atLeast(state, minutes) }
        : { minutes: state.isAllDay ? 0 : minutes, days, longer: 0 };
      block.dataset.dragged = "yes";
      block.classList.add("moving");
      if (isEdge) {
        block.style.height = `${height + (change.longer / 60) * HOUR}px`;
      } else {
        block.style.transform = `translate(${days * width}px, ${(change.minutes / 60) * HOUR}px)`;
      }
    };
    const end = () => {
      handle.removeEventListener("pointermove", move);
      block.classList.remove("moving");
      if (change && (change.minutes || change.days || change.longer)) {
        drop(change);
      }
    };
    handle.setPointerCapture(down.pointerId);
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", end, { once: true });
  });
}

/** An event stays at least a quarter of an hour long. */
function atLeast(state, longer) {
  return Math.max(longer, SNAP_MIN - (state.end - state.start) / 60000);
}

function byKeyboard(block, state, drop, tell) {
  let change = null;
  const stop = () => {
    change = null;
    block.classList.remove("moving");
  };
  block.addEventListener("keydown", (event) => {
    if (!change) {
      if (event.key.toLowerCase() === "m" && !event.ctrlKey && !event.altKey && !event.metaKey) {
        change = { minutes: 0, days: 0, longer: 0 };
        block.classList.add("moving");
        tell(change);
      }
      return;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      const wanted = change;
      stop();
      drop(wanted);
    } else if (event.key === "Escape") {
      stop();
      tell(null);
    } else if (STEP[event.key]) {
      event.preventDefault();
      const [minutes, days] = STEP[event.key];
      if (event.shiftKey && !state.isAllDay) {
        change.longer = atLeast(state, change.longer + minutes);
      } else {
        change.minutes += state.isAllDay ? 0 : minutes;
        change.days += days;
      }
      tell(change);
    }
  });
  block.addEventListener("blur", () => {
    if (change) {
      stop();
      tell(null);
    }
  });
}
