/** The add-in's buttons in a window: each runs a function of its function file, one at a time. */

/**
 * @param {import("./addin.js").AddInHost} host
 * @param {(text: string, isError?: boolean) => void} say
 */
export function listenToCommands(host, say) {
  for (const button of document.querySelectorAll("[data-command]")) {
    button.addEventListener("click", () => press(host, button, say));
  }
}

async function press(host, button, say) {
  const name = button.dataset.label;
  button.disabled = true;
  say(`${name}: working…`);
  try {
    const { status } = await host.runCommand(button.dataset.command);
    say(status === 0 ? "" : `The add-in has no function ${button.dataset.command}.`, status !== 0);
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

/** Open an address that the add-in asked for; where the browser holds windows back, `offer` shows it as a link. */
export function openAddress(url, offer) {
  if (!/^https?:/.test(url)) {
    return;
  }
  const opened = window.open(url, "_blank");
  if (opened) {
    opened.opener = null;
  } else {
    offer(url);
  }
}
