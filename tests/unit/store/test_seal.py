"""Sealed data opens where it belongs and nowhere else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from addin.errors import InvalidInput
from server.store.seal import Seal, Unreadable, new_key

OLD, NEW = new_key("1"), new_key("2")
SEAL = Seal.from_setting(f"{NEW},{OLD}")


@given(st.binary(), st.text())
def test_what_is_sealed_opens_in_its_own_context(data: bytes, context: str) -> None:
    assert SEAL.open(SEAL.seal(data, context), context) == data


@given(st.binary(), st.text(), st.text())
def test_it_opens_in_no_other_context(data: bytes, context: str, other: str) -> None:
    sealed = SEAL.seal(data, context)
    if context != other:
        with pytest.raises(Unreadable):
            SEAL.open(sealed, other)


@given(st.binary(max_size=40), st.data())
def test_a_single_changed_byte_is_noticed(data: bytes, draw: st.DataObject) -> None:
    sealed = bytearray(SEAL.seal(data, "context"))
    place = draw.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= draw.draw(st.integers(1, 255))
    with pytest.raises(Unreadable):
        SEAL.open(bytes(sealed), "context")


@given(st.binary(max_size=60))
def test_foreign_bytes_are_unreadable_and_nothing_worse(data: bytes) -> None:
    with pytest.raises(Unreadable):
        SEAL.open(data, "context")


def test_an_older_key_still_opens_and_the_newest_seals() -> None:
    sealed_before = Seal.from_setting(OLD).seal(b"data", "context")
    assert SEAL.open(sealed_before, "context") == b"data"
    assert not SEAL.is_newest(sealed_before)
    sealed_now = SEAL.seal(b"data", "context")
    assert SEAL.is_newest(sealed_now)
    with pytest.raises(Unreadable):
        Seal.from_setting(OLD).open(sealed_now, "context")


def test_sealing_twice_gives_different_bytes() -> None:
    assert SEAL.seal(b"data", "context") != SEAL.seal(b"data", "context"), "equal secrets must not look equal"


def test_digests_are_bound_to_context_and_key() -> None:
    assert SEAL.digest("value", "a") == SEAL.digest("value", "a")
    assert SEAL.digest("value", "a") != SEAL.digest("value", "b")
    assert SEAL.digest("bc", "a") != SEAL.digest("c", "ab"), "the border between context and value must count"
    assert SEAL.digests("value", "a") == [
        Seal.from_setting(NEW).digest("value", "a"),
        Seal.from_setting(OLD).digest("value", "a"),
    ]


@pytest.mark.parametrize(
    "setting",
    ["", "1", "1:", "1:abc", f":{NEW.partition(':')[2]}", f"{OLD},{OLD}", "1:%%%%"],
    ids=["empty", "no key", "empty key", "short key", "no name", "twice", "no base64"],  # keys are new in each process
)
def test_a_wrong_setting_is_refused_without_showing_a_key(setting: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        Seal.from_setting(setting)
    assert "encryption_keys" in str(refused.value)
    assert OLD.partition(":")[2] not in str(refused.value)


def test_keys_do_not_show_themselves() -> None:
    secret = NEW.partition(":")[2]
    assert secret not in repr(SEAL)
    assert secret not in repr(vars(SEAL))
