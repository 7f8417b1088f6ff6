"""Policy documents: each part checked, layers over each other, contradictions refused, whatever was written."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from addin.errors import InvalidInput
from addin.model import AccessType, Choices, Kind, TokenDelivery
from addin.policy import LinkStyle, PersonalInvitations, Policy
from addin.policy_layers import FIELDS, LOCKABLE, Layer, check_layers, merge, read_layer
from addin.policy_rules import differences, enforce, shown_locks

DOCUMENTED = Path(__file__).parents[3] / "docs" / "policy.md"
GOOD: dict[str, Any] = {
    "kinds": ["webinar"],
    "access_types": ["token", "password"],
    "token_deliveries": ["personal"],
    "languages": ["fr", "en"],
    "dial_in_allowed": True,
    "default_kind": "webinar",
    "default_access": "password",
    "default_dial_in": True,
    "default_dial_in_country": "FR",
    "default_language": "fr",
    "default_token_delivery": "personal",
    "default_permanent": False,
    "default_registration": True,
    "default_room_per_date": True,
    "add_by_default": True,
    "locks": {"access": "Guests come in by password only."},
    "link_style": "own",
    "personal_invitations": "always",
    "invitation_sender": "clickmeeting",
    "single_token_in_body": False,
    "tell_organiser": False,
    "longest_scheduled_minutes": 120,
    "grace_minutes": 60,
    "retention_days": 90,
    "template": {"version": 1, "languages": {"fr": {"footer": "Contoso, Warszawa"}}},
}


def layer(**wishes: Any) -> Layer:
    return read_layer(wishes)


def test_every_part_of_a_policy_changes_what_holds() -> None:
    assert set(GOOD) == set(FIELDS)
    merged = merge(Policy(), [read_layer(GOOD)])
    assert merged == replace(
        Policy(),
        kinds=(Kind.WEBINAR,),
        access_types=(AccessType.PASSWORD, AccessType.TOKEN),
        token_deliveries=(TokenDelivery.PERSONAL,),
        languages=("en", "fr"),
        defaults=Choices(
            kind=Kind.WEBINAR, access=AccessType.PASSWORD, room_per_date=True, dial_in=True, dial_in_country="FR",
            language="fr", registration=True,
        ),
        locks={"access": "Guests come in by password only."},
        link_style=LinkStyle.OWN,
        add_by_default=True,
        personal_invitations=PersonalInvitations.ALWAYS,
        invitation_sender=merged.invitation_sender,
        single_token_in_body=False,
        tell_organiser=False,
        longest_scheduled=timedelta(hours=2),
        grace=timedelta(hours=1),
        retention=timedelta(days=90),
        branding=merged.branding,
    )  # fmt: skip
    assert merged.invitation_sender.value == "clickmeeting"
    assert merged.branding.lines_after("fr") == ("Contoso, Warszawa",)


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_part_is_told_in_a_difference_and_in_the_documentation(name: str) -> None:
    before = merge(Policy(), [])
    after = merge(Policy(), [read_layer(GOOD)])
    told = {one.name: one for one in differences(before, after)}
    assert "lock:access" in told
    if name not in (
        "locks",
        "dial_in_allowed",
        "default_token_delivery",
        "default_permanent",
    ):  # the last three are as they were
        assert name in told
        assert told[name].before != told[name].after
    assert f"| `{name}` |" in DOCUMENTED.read_text("utf-8")


@pytest.mark.parametrize(("wishes", "field", "told"), [
    ({"kindz": ["meeting"]}, "kindz", "no such part"),
    ({"kinds": []}, "kinds", "at least one"),
    ({"kinds": ["party"]}, "kinds", "choose one of meeting, webinar"),
    ({"kinds": "meeting"}, "kinds", "at least one"),
    ({"access_types": [["open"]]}, "access_types", "choose one of"),
    ({"languages": ["tlh"]}, "languages", "no invitation in 'tlh'"),
    ({"dial_in_allowed": "yes"}, "dial_in_allowed", "true or false"),
    ({"default_dial_in_country": "Poland"}, "default_dial_in_country", "two capital letters"),
    ({"locks": {"agenda": "No."}}, "locks", "'agenda' cannot be locked"),
    ({"locks": {"access": " "}}, "locks", "say why access is locked"),
    ({"locks": {"access": "a\nb"}}, "locks", "one line"),
    ({"locks": {"access": "x" * 201}}, "locks", "200 characters"),
    ({"locks": ["access"]}, "locks", "reason for each lock"),
    ({"grace_minutes": True}, "grace_minutes", "whole number of minutes"),
    ({"retention_days": 7}, "retention_days", "from 8 to 3650"),
    ({"template": {"languages": {"xx": {}}}}, "languages", "no invitation in 'xx'"),
])  # fmt: skip
def test_what_cannot_be_used_is_refused_by_name(wishes: dict[str, Any], field: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        read_layer(wishes)
    assert caught.value.field == field


@pytest.mark.parametrize("document", [None, [], "kinds", 7])
def test_a_policy_is_an_object(document: Any) -> None:
    with pytest.raises(InvalidInput, match="object"):
        read_layer(document)


@pytest.mark.parametrize(("layers", "field", "told"), [
    ([layer(kinds=["webinar"])], "default_kind", "meeting is not allowed. Add it to kinds, or choose among webinar"),
    ([layer(access_types=["token"], default_access="open")], "default_access", "open is not allowed"),
    ([layer(access_types=["token"], locks={"access": "Why."})], "locks", "access is locked to open"),
    ([layer(languages=["fr"], locks={"language": "Why."})], "locks", "language is locked to en"),
    ([layer(token_deliveries=["body"])], "default_token_delivery", "personal is not allowed"),
    ([layer(dial_in_allowed=False, default_dial_in=True)], "default_dial_in", "not allowed"),
    ([layer(dial_in_allowed=False, default_dial_in=True, locks={"dial_in": "Why."})], "locks", "not allowed"),
    ([layer(default_permanent=True), layer(default_room_per_date=True)], "default_room_per_date", "one of the two"),
    ([layer(default_access="token"), layer(access_types=["open"])], "default_access", "choose among open"),
])  # fmt: skip
def test_a_policy_that_contradicts_itself_names_field_and_remedy(layers: list[Layer], field: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as caught:
        check_layers(Policy(), layers)
    assert caught.value.field == field
    assert caught.value.reason == "policy"


def test_the_layer_above_wins_and_can_lift_a_lock() -> None:
    tenant = layer(default_access="password", locks={"access": "Everybody.", "kind": "Everybody."}, grace_minutes=5)
    group = layer(default_access="token", locks={"access": None})
    merged = merge(Policy(), [tenant, group])
    assert merged.defaults.access is AccessType.TOKEN
    assert merged.locks == {"kind": "Everybody."}
    assert merged.grace == timedelta(minutes=5)


def test_another_template_keeps_the_lines_of_the_one_below_known() -> None:
    def footer(text: str) -> dict[str, Any]:
        return {"version": 1, "languages": {"en": {"footer": text}}}

    merged = merge(Policy(), [layer(template=footer("Old words")), layer(template=footer("New words"))])
    assert merged.branding.lines_after("en") == ("New words",)
    assert set(merged.known_lines) == {"New words", "Old words"}


_WISHES = st.fixed_dictionaries({}, optional={
    "kinds": st.lists(st.sampled_from(list(Kind)), min_size=1),
    "access_types": st.lists(st.sampled_from(list(AccessType)), min_size=1),
    "token_deliveries": st.lists(st.sampled_from(list(TokenDelivery)), min_size=1),
    "languages": st.lists(st.sampled_from(["en", "fr", "ar"]), min_size=1),
    "dial_in_allowed": st.booleans(),
    "default_kind": st.sampled_from(list(Kind)),
    "default_access": st.sampled_from(list(AccessType)),
    "default_dial_in": st.booleans(),
    "default_dial_in_country": st.sampled_from(["PL", "FR"]),
    "default_language": st.sampled_from(["en", "fr", "ar"]),
    "default_token_delivery": st.sampled_from(list(TokenDelivery)),
    "default_permanent": st.booleans(),
    "locks": st.dictionaries(st.sampled_from(LOCKABLE), st.one_of(st.none(), st.just("Because."))),
})  # fmt: skip
_LAYERS = st.lists(_WISHES.map(read_layer), max_size=4)


@given(_LAYERS)
def test_whatever_layers_meet_their_own_defaults_may_be_chosen(layers: list[Layer]) -> None:
    """Nobody is ever locked out: the defaults of the policy that holds pass its own rules."""
    merged = merge(Policy(), layers)
    enforce(merged.defaults, merged)
    check_layers(merged, [])


_CHOICES = st.builds(
    Choices, kind=st.sampled_from(Kind), access=st.sampled_from(AccessType), permanent=st.booleans(),
    dial_in=st.booleans(), dial_in_country=st.sampled_from([None, "PL"]), language=st.sampled_from(["en", "fr", "ar"]),
    registration=st.booleans(), token_delivery=st.sampled_from(TokenDelivery),
)  # fmt: skip


@given(_LAYERS, _CHOICES)
def test_what_is_locked_or_not_allowed_is_always_refused_and_what_was_so_before_never(
    layers: list[Layer], choices: Choices
) -> None:
    policy = merge(Policy(), layers)
    enforce(choices, policy, before=choices)
    forbidden = (
        choices.kind not in policy.kinds
        or choices.access not in policy.access_types
        or choices.language not in policy.languages
        or (choices.dial_in and not policy.dial_in_allowed)
        or any(
            getattr(choices, name) != getattr(policy.defaults, name)
            for name in policy.locks
            if name != "token_delivery" or choices.access is AccessType.TOKEN
        )
    )
    if forbidden:
        with pytest.raises(InvalidInput) as caught:
            enforce(choices, policy)
        assert caught.value.field
        assert caught.value.reason in ("locked", "not-offered")


def test_a_way_to_tell_tokens_that_meant_nothing_so_far_is_not_kept_when_it_begins_to_matter() -> None:
    """Lock at `personal`, make an open meeting with `body`, then ask for tokens: all would stand in one text."""
    policy = merge(Policy(), [layer(locks={"token_delivery": "Tokens are personal."})])
    before = Choices(access=AccessType.OPEN, token_delivery=TokenDelivery.BODY)
    enforce(before, policy)
    with pytest.raises(InvalidInput) as caught:
        enforce(replace(before, access=AccessType.TOKEN), policy, before=before)
    assert (caught.value.field, caught.value.reason) == ("token_delivery", "locked")
    old = replace(before, access=AccessType.TOKEN)
    enforce(old, policy, before=old)


def _allowed(choices: Choices, policy: Policy) -> bool:
    try:
        enforce(choices, policy)
    except InvalidInput:
        return False
    return True


_PARTS = st.fixed_dictionaries({
    "access": st.sampled_from(AccessType),
    "token_delivery": st.sampled_from(TokenDelivery),
    "dial_in": st.booleans(),
    "dial_in_country": st.sampled_from([None, "PL", "FR"]),
})  # fmt: skip
"""Parts that matter under another choice only, with those choices."""


@settings(max_examples=400)
@given(_PARTS, st.sets(st.sampled_from(["token_delivery", "dial_in"]), min_size=1), _PARTS, _PARTS)
def test_no_lock_is_walked_around_in_two_steps(
    defaults: dict[str, Any], locked: set[str], first: dict[str, Any], then: dict[str, Any]
) -> None:
    """Whatever change is allowed after a meeting that was allowed leads to one that may be made at once."""
    policy = Policy(defaults=Choices(**defaults), locks=dict.fromkeys(locked, "Because."))
    before, after = Choices(**first), Choices(**then)
    if not _allowed(before, policy):
        return
    try:
        enforce(after, policy, before=before)
    except InvalidInput:
        return
    assert _allowed(after, policy)


@given(_LAYERS)
def test_no_difference_means_the_same_policy(layers: list[Layer]) -> None:
    before, after = Policy(), merge(Policy(), layers)
    assert not differences(after, after)
    assert bool(differences(before, after)) == (before != after)


def test_the_pane_is_told_every_lock_with_its_reason() -> None:
    merged = merge(Policy(), [layer(dial_in_allowed=False, token_deliveries=["personal"], locks={"kind": "So."})])
    locks = shown_locks(merged)
    assert locks["kind"] == "So."
    assert "does not offer dial-in" in locks["dial_in"]
    assert set(locks) == {"kind", "dial_in", "token_delivery"}
