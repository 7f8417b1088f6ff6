"""Dialogs in a frame and in a window of their own, and the handlers that Outlook starts by itself."""

from collections.abc import Callable
from typing import Any

Open = Callable[..., Any]

DISPLAY = """async ([url, inFrame]) => {
  window.heard = [];
  const options = { displayInIframe: inFrame, promptBeforeOpen: false, height: 50, width: 40 };
  return await new Promise((done) => Office.context.ui.displayDialogAsync(location.origin + url, options, (result) => {
    if (result.status !== "succeeded") {
      done(result.error.code);
      return;
    }
    window.dialog = result.value;
    window.dialog.addEventHandler(Office.EventType.DialogMessageReceived, (event) => window.heard.push(event.message));
    window.dialog.addEventHandler(Office.EventType.DialogEventReceived, (event) => window.heard.push(event.error));
    done(0);
  }));
}"""
# a handler of the test's function file leaves a trace in the session data
KEPT = "(name) => window.desk.log.calls.some((call) => call.dispatchId === 185 && call.data.name === name)"
DIALOG = "/taskpane/dialog.html"


def test_a_dialog_in_a_frame_talks_both_ways(compose: Open) -> None:
    window = compose(set="1.12")
    assert window.pane.evaluate(DISPLAY, [DIALOG, True]) == 0
    dialog = window.page.frame_locator(".addin-dialog iframe")
    dialog.locator("#tell:enabled").click()
    window.pane.wait_for_function("window.heard.length === 1")
    window.pane.evaluate("window.dialog.messageChild('from the pane')")
    dialog.locator("#heard", has_text="from the pane").wait_for()
    window.page.click(".addin-dialog > button")
    window.pane.wait_for_function("window.heard.length === 2")
    assert window.pane.evaluate("window.heard") == ["from the dialog", 12006]
    assert window.pane.evaluate(DISPLAY, [DIALOG, True]) == 0
    assert window.pane.evaluate(DISPLAY, [DIALOG, True]) == 12007
    window.pane.evaluate("window.dialog.close()")
    window.page.wait_for_selector(".addin-dialog", state="detached")


def test_a_dialog_in_a_window_of_its_own_needs_no_host(compose: Open) -> None:
    window = compose()
    with window.page.context.expect_page() as opened:
        assert window.pane.evaluate(DISPLAY, [DIALOG, False]) == 0
    opened.value.locator("#tell:enabled").click()
    window.pane.wait_for_function("window.heard.length === 1")
    opened.value.close()
    window.pane.wait_for_function("window.heard.length === 2")
    assert window.pane.evaluate("window.heard") == ["from the dialog", 12006]


def test_a_handler_may_ask_before_the_send(compose: Open, plain_desk: Any) -> None:
    window = compose(set="1.12")
    window.page.fill("#subject", "Blocked")
    window.desk("desk.addRecipient('guest@fabrikam.example')")
    window.page.click("#send")
    window.page.wait_for_selector("#ask[open]")
    assert window.page.inner_text("#ask-text") == "The invitation is out of date."
    window.page.click("#ask button.primary")
    assert window.page.locator("#ask[open]").count() == 0
    window.page.click("#send")
    window.page.click("#ask button[value=send]")
    window.page.wait_for_url("**done=sent*")
    assert [mail["subject"] for mail in plain_desk.world.outbox.mails("guest@fabrikam.example")][-1] == "Blocked"


def test_a_handler_that_takes_longer_than_five_seconds_holds_nobody(compose: Open, plain_desk: Any) -> None:
    window = compose(set="1.12")
    window.page.fill("#subject", "Slow")
    window.desk("desk.addRecipient('guest@fabrikam.example')")
    window.page.clock.install()
    window.page.click("#send")
    window.page.clock.fast_forward(5_000)
    window.page.wait_for_selector("#ask[open]")
    assert "takes longer than expected" in window.page.inner_text("#ask-text")
    window.page.click("#ask button[value=send]")
    window.page.wait_for_url("**done=sent*")
    assert [mail["subject"] for mail in plain_desk.world.outbox.mails("guest@fabrikam.example")][-1] == "Slow"


def test_handlers_hear_of_changes_where_the_requirement_set_has_them(compose: Open) -> None:
    window = compose(set="1.12")
    window.desk("desk.addRecipient('paris@contoso.example')")
    window.page.wait_for_function(KEPT, arg="people")
    people = window.value("item.sessionData.getAsync", "people")
    assert people == '{"requiredAttendees":true,"optionalAttendees":false}'
    old = compose(set="1.10")
    old.desk("desk.addRecipient('paris@contoso.example')")
    assert old.value("item.subject.getAsync") == ""
    assert old.page.locator("iframe[id^=command-]").count() == 0


def test_the_first_handler_runs_when_a_window_for_a_new_appointment_opens(compose: Open) -> None:
    window = compose(set="1.12")
    window.page.wait_for_function(KEPT, arg="opened")
    old = compose(set="1.9")
    assert old.value("item.subject.getAsync") == ""
    assert old.page.evaluate(KEPT, "opened") is False


def test_handlers_of_the_same_moment_share_one_runtime(compose: Open) -> None:
    window = compose(set="1.12")
    window.page.wait_for_function(KEPT, arg="opened")
    window.page.wait_for_function("document.querySelectorAll('iframe[id^=command-]').length === 0")
    window.desk("[8, 9].map((hour) => desk.setTimes(`2027-03-01T0${hour}:00:00Z`, `2027-03-01T0${hour}:30:00Z`))")
    assert window.page.locator("iframe[id^=command-]").count() == 1
    window.page.wait_for_function("document.querySelectorAll('iframe[id^=command-]').length === 0")
    assert window.value("item.sessionData.getAsync", "changes") == "2"
