/** Notices that mail has come while a page is open; what it shows then is the page's. */

const EVERY_MS = 2000;

/** Calls `tell` whenever the sandbox holds another number of mails than before; not while nobody looks. */
export function onNewMail(tell) {
  let known = null;
  const look = async () => {
    if (document.visibilityState === "visible") {
      const answer = await fetch("/outlook/api/count").catch(() => null);
      const count = answer?.ok ? (await answer.json()).mails : known;
      if (known !== null && count !== known) {
        await tell();
      }
      known = count;
    }
    setTimeout(look, EVERY_MS);
  };
  look();
}
