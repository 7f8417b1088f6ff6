/** The bar above the form with the add-in's notifications: its rules and its look. */

import { OfficeFault } from "./channel.js";

const MOST = 5;
const PROGRESS = 1;
const ERROR = 2;
const INSIGHT = 3;

/** Dispatch ids 33 to 36. */
export function notificationMethods(host) {
  const entry = ({ key, type, message, icon, persistent, actions }) => ({
    key, type, message, icon, persistent, actions,
  });
  const check = ({ persistent }) => {
    if (persistent && !host.item.id) {
      throw new OfficeFault(9028);
    }
  };
  return {
    33: (data) => {
      const all = host.item.notifications;
      if (all.some(({ key }) => key === data.key)) {
        throw new OfficeFault(9023);
      }
      if (all.length >= MOST || (data.type === INSIGHT && all.some(({ type }) => type === INSIGHT))) {
        throw new OfficeFault(9025);
      }
      check(data);
      host.item.setNotifications([...all, entry(data)]);
      return { data: undefined };
    },
    34: () => ({ data: host.item.notifications.map((one) => ({ ...one })) }),
    35: (data) => {
      const all = host.item.notifications;
      if (!all.some(({ key }) => key === data.key)) {
        throw new OfficeFault(9024);
      }
      check(data);
      host.item.setNotifications(all.map((one) => (one.key === data.key ? entry(data) : one)));
      return { data: undefined };
    },
    36: ({ key }) => {
      const all = host.item.notifications;
      if (!all.some((one) => one.key === key)) {
        throw new OfficeFault(9024);
      }
      host.item.setNotifications(all.filter((one) => one.key !== key));
      return { data: undefined };
    },
  };
}

/** Show the notifications in `bar`; `onAction` opens the pane, `onDismiss` takes one away. */
export function showNotifications(bar, notifications, { name, onAction, onDismiss }) {
  bar.replaceChildren(
    ...notifications.map((one) => {
      const line = document.createElement("div");
      line.className = `notification ${kind(one.type)}`;
      line.setAttribute("role", one.type === ERROR ? "alert" : "status");
      line.dataset.key = one.key;
      if (one.type === PROGRESS) {
        const spinner = document.createElement("span");
        spinner.className = "spinner";
        spinner.setAttribute("aria-hidden", "true");
        line.append(spinner);
      }
      const text = document.createElement("span");
      text.className = "text";
      // the add-in's icon to the eye, its name to the ear: messages often begin with the name themselves
      const source = document.createElement("span");
      source.className = "spoken";
      source.textContent = name;
      const mark = document.createElement("span");
      mark.className = "mark";
      mark.setAttribute("aria-hidden", "true");
      mark.textContent = name[0];
      text.append(mark, source, ` ${one.message}`);
      line.append(text);
      for (const action of one.actions ?? []) {
        line.append(button(action.actionText, "quiet", () => onAction(one, action)));
      }
      line.append(button("Dismiss", "quiet", () => onDismiss(one)));
      return line;
    })
  );
}

function kind(type) {
  return { [PROGRESS]: "progress", [ERROR]: "error", [INSIGHT]: "insight" }[type] ?? "information";
}

function button(text, look, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = look;
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}
