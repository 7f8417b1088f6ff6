/** Dialogs that an add-in asks the host to show in a frame; those in windows of their own office.js opens by itself. */

const RECEIVED = 0;
const CLOSED_BY_USER = 12006;
const ALREADY_OPEN = 12007;
const TO_PARENT = 144;

/** The one dialog that may be open at a time, and the two pages that talk through it. */
export class DialogHost {
  /** @param {(place: HTMLElement, url: string) => import("./addin.js").HostedPage} hostPage */
  constructor(hostPage) {
    this.hostPage = hostPage;
    this.open = null;
  }

  /** A page registered for `dialogMessageReceived`: that is how office.js asks for a frame. */
  show(parent, registration) {
    const wanted = JSON.parse(registration.targetId);
    if (this.open) {
      parent.channel.emit("dialogMessageReceived", { messageType: ALREADY_OPEN });
      return;
    }
    const element = document.createElement("dialog");
    element.className = "addin-dialog";
    element.setAttribute("aria-label", "Add-in dialog");
    element.style.width = `${wanted.width ?? 80}vw`;
    element.style.height = `${wanted.height ?? 80}vh`;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "quiet";
    close.textContent = "Close";
    close.addEventListener("click", () => this.#closedByUser());
    element.addEventListener("cancel", (event) => {
      event.preventDefault();
      this.#closedByUser();
    });
    const place = document.createElement("div");
    element.append(close, place);
    document.body.append(element);
    element.showModal();
    this.open = { parent, element, child: this.hostPage(place, wanted.url) };
  }

  /** Dispatch ids 144 (child to parent) and 145 (parent to child). */
  message(dispatchId, data) {
    if (!this.open) {
      return;
    }
    const { parent, child } = this.open;
    if (dispatchId === TO_PARENT) {
      parent.channel.emit("dialogMessageReceived", received(data.messageToParent, child.url.origin));
    } else {
      child.channel.emit("dialogParentMessageReceived", received(data.messageContent, parent.url.origin));
    }
  }

  #closedByUser() {
    const { parent } = this.open;
    this.close();
    parent.channel.emit("dialogMessageReceived", { messageType: CLOSED_BY_USER });
  }

  close() {
    if (this.open) {
      this.open.child.close();
      this.open.element.remove();
      this.open = null;
    }
  }
}

function received(content, origin) {
  return { messageType: RECEIVED, messageContent: content, messageOrigin: origin };
}
