"""The invitation shown before it is made: as participants will read it, with dots for what does not exist yet."""

from typing import Any

from stage import Stage, a_wish

PARIS = {"address": "paris@contoso.example", "name": "Colleague in Paris"}
TORONTO = {"address": "toronto@contoso.example", "name": "Colleague in Toronto"}


def preview(stage: Stage, status: int = 200, **fields: Any) -> dict[str, Any]:
    answer = stage.api("POST", "/api/v1/invitation/preview", json=a_wish(**fields))
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_it_reads_as_the_invitation_and_makes_nothing(stage: Stage) -> None:
    numbers = {"enabled": True, "country": "FR"}
    shown = preview(stage, language="fr", dial_in=numbers, access="password", password="Apples2026")
    for form in ("html", "text"):
        assert "Apples2026" in shown[form]
        assert "+33" in shown[form], "the country that was chosen"
    assert "Mot de passe" in shown["text"]
    assert stage.rooms() == []


def test_numbers_are_those_near_the_people_invited(stage: Stage) -> None:
    """The directory knows that one sits in France; the organiser, in Poland, counts where nobody was invited."""
    stage.schedule(a_wish())  # from the first press on the directory may be asked
    assert "+33" in preview(stage, dial_in={"enabled": True}, participants=[PARIS])["text"]
    assert "+48" in preview(stage, dial_in={"enabled": True})["text"]


def test_a_password_that_is_still_to_be_made_is_dots(stage: Stage) -> None:
    assert "········" in preview(stage, access="password")["text"]


def test_tokens_are_listed_where_the_shared_invitation_will_list_them(stage: Stage) -> None:
    people = [PARIS, TORONTO]
    shared = preview(stage, access="token", token_delivery="body", participants=people)["text"]
    assert shared.count("······") == 2
    assert "Colleague in Toronto" in shared
    personal = preview(stage, access="token", participants=people)["text"]
    assert "······" not in personal
    assert "personal message" in personal
    assert preview(stage, access="token", participants=[PARIS])["text"].count("······") == 1, "the only participant's"
    assert preview(stage, access="token", token_delivery="body", participants=[PARIS])["text"].count("······") == 1


def test_what_scheduling_would_refuse_is_refused_here_in_the_readers_language(stage: Stage) -> None:
    past = {"start": "2020-01-13T09:00:00", "end": "2020-01-13T10:00:00"}
    assert preview(stage, 422, **past)["detail"] == "The start lies in the past. Choose a time that is still to come."
    headers = {"Accept-Language": "de-AT,en;q=0.5"}
    answer = stage.api("POST", "/api/v1/invitation/preview", json=a_wish(**past), headers=headers)
    assert answer.json()["reason"] == "past"
    assert "Vergangenheit" in answer.json()["detail"]
