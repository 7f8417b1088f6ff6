"""A phone's compose form: the online-meeting command behind a switch, and only the calls that phones have."""

from typing import Any

from playwright.sync_api import Page


def test_the_switch_runs_the_command_and_takes_back_what_it_wrote(phone: Page, plain_desk: Any) -> None:
    phone.fill("#subject", "On the way")
    phone.fill("#required-input", "paris@contoso.example")
    phone.press("#required-input", "Enter")
    phone.fill("#location", "Room 7")
    phone.check("#online")
    phone.wait_for_selector("#message:has-text('was added')")
    assert phone.input_value("#subject") == "Set by a command"
    assert phone.evaluate("desk.log.refused") == []
    phone.evaluate("desk.setLocation('https://rooms.example/1')")
    phone.uncheck("#online")
    assert phone.input_value("#location") == "Room 7"
    phone.click("#send")
    phone.wait_for_url("**done=sent*")
    assert plain_desk.world.outbox.mails("paris@contoso.example")[-1]["subject"] == "Set by a command"


def test_a_command_that_gives_up_leaves_the_switch_off(phone: Page) -> None:
    phone.fill("#subject", "Refuse")
    phone.check("#online", force=True)
    phone.wait_for_selector("#message.error:has-text('could not be added')")
    assert phone.locator("#online").is_checked() is False


def test_calls_that_phones_do_not_have_are_refused(phone: Page) -> None:
    phone.fill("#subject", "Too much")
    phone.evaluate("document.getElementById('online').click()")
    phone.wait_for_selector("#message:has-text('was added')")
    assert phone.input_value("#location") == "5000", "the bar of notifications is not there"
    assert phone.evaluate("desk.log.refused") == [{"dispatchId": 33}]
