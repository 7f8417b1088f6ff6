"""Both manifests from one source: they say the same, always in the same bytes, and a changed meaning is noticed."""

import json
import string
import uuid
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from manifest_changes import CLIENT_ID, HOST, PANE, ROOT

from manifest import meaning, source
from manifest.build import Built, NotGood, build, built, fingerprint
from manifest.checking import ShippedFiles, check_bytes
from manifest.package import unpack
from manifest.place import WrongInput, place
from manifest.unified import language_file
from sandbox.outlook.configuration import COMMANDS as SANDBOX_COMMANDS
from sandbox.outlook.configuration import LAUNCH_EVENTS as SANDBOX_EVENTS
from sandbox.outlook.configuration import READ_COMMANDS as SANDBOX_READ_COMMANDS


def meanings(made: Built) -> tuple[meaning.Meaning, meaning.Meaning]:
    files = unpack(made.package)
    content = json.loads(files["manifest.json"])
    languages = {
        one["languageTag"]: json.loads(files[one["file"]]) for one in content["localizationInfo"]["additionalLanguages"]
    }
    return meaning.from_xml(etree.fromstring(made.xml)), meaning.from_json(content, languages)


def test_both_manifests_say_the_same(made: Built) -> None:
    in_xml, in_json = meanings(made)
    assert meaning.differences(in_xml, in_json) == []
    assert in_xml.permission == "ReadWriteItem"
    assert in_xml.mailbox_set == "1.3"
    assert in_xml.shared_folders
    assert set(in_xml.languages) == {"en", "fr", "de", "es", "pt", "it", "nl", "pl", "ru", "ar"}
    assert {button.surface for button in in_xml.buttons} == {one.surface.extension_point for one in source.COMMANDS}
    assert ("OnAppointmentSend", "onAppointmentSend", "PromptUser") in in_xml.events
    assert in_xml.sign_in == (CLIENT_ID, f"api://addin.contoso.example/{CLIENT_ID}")


@pytest.mark.parametrize(("path", "changed", "part"), [
    (("extensions", 0, "ribbons", 0, "tabs", 0, "groups", 0, "controls", 0, "label"), "Other", "buttons"),
    (("extensions", 0, "ribbons", 0, "tabs", 0, "groups", 0, "label"), "Other", "groups"),
    (("extensions", 0, "autoRunEvents", 0, "events", 0, "type"), "appointmentFromChanged", "events"),
    (("extensions", 0, "requirements", "capabilities", 0, "minVersion"), "1.5", "mailbox set"),
    (("authorization", "permissions", "resourceSpecific", 0, "name"), "MailboxItem.Read.User", "permission"),
    (("authorization", "permissions", "resourceSpecific", 1, "name"), "Mailbox.AppendOnSend.User", "shared folders"),
    (("name", "short"), "Other", "names"),
    (("version",), "9.0.0", "version"),
    (("webApplicationInfo", "id"), str(uuid.UUID(int=7)), "sign in"),
])  # fmt: skip
def test_a_difference_in_any_part_is_named(
    made: Built, content: dict[str, Any], path: tuple[Any, ...], changed: str, part: str
) -> None:
    copy = json.loads(json.dumps(content))
    holder = copy
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = changed
    files = unpack(made.package)
    languages = {language: json.loads(files[language_file(language)]) for language in source.LOCALES}
    told = meaning.differences(meanings(made)[0], meaning.from_json(copy, languages))
    assert any(line.startswith(part) for line in told), told


def test_the_old_block_has_the_same_buttons_as_the_one_inside(made: Built) -> None:
    root = etree.fromstring(made.xml)
    old, new = root.findall(".//{*}VersionOverrides")
    shown = [
        [control.get("id") for control in block.findall("{*}Hosts//{*}DesktopFormFactor//{*}Control")]
        for block in (old, new)
    ]
    assert shown[0] == shown[1] != []


def test_the_same_place_gives_the_same_bytes_and_another_host_changes_nothing_else(made: Built) -> None:
    again, elsewhere = built(place(HOST, CLIENT_ID)), built(place("https://other.fabrikam.example", CLIENT_ID))
    assert again == made
    assert elsewhere.xml.replace(b"other.fabrikam.example", b"addin.contoso.example") == made.xml
    assert fingerprint(elsewhere) == fingerprint(made)


def test_ids_are_stable_and_tell_the_manifests_apart(made: Built, content: dict[str, Any]) -> None:
    root = etree.fromstring(made.xml)
    assert root.findtext("{*}Id") == source.ADD_IN_ID
    assert content["id"] == "57aaa2fd-a1d7-5465-8988-47df9dc9aeb6", "a new id would be a second add-in for everybody"
    hidden = content["extensions"][0]["alternates"][0]["hide"]["customOfficeAddin"]["officeAddinId"]
    assert hidden == source.ADD_IN_ID


def test_the_version_rises_exactly_when_the_meaning_changes(made: Built) -> None:
    history = json.loads((ROOT / "manifest" / "history.json").read_text("utf-8"))
    versions = [tuple(map(int, entry["version"].split("."))) for entry in history]
    assert versions == sorted(set(versions)), "versions only rise"
    marks = [entry["meaning"] for entry in history]
    assert all(here != after for here, after in pairwise(marks)), "a version without a change"
    assert marks[-1] == fingerprint(made), (
        "The manifests say something new: admins must update them. Add an entry to manifest/history.json with a higher "
        f"version and the meaning {fingerprint(made)}."
    )


def test_every_language_has_every_text(made: Built) -> None:
    names = set(source.texts("en"))
    for language in source.LANGUAGES:
        texts = source.texts(language)
        assert set(texts) == names, language
        assert all(text.strip() == text != "" for text in texts.values()), language
        if language != "en":
            same = {name for name in names if texts[name] == source.texts("en")[name]} - {"group"}
            assert not same, f"{language} is not translated: {same}"


def test_the_sandboxes_outlook_shows_what_the_manifests_say() -> None:
    for surface, shown in ((source.ORGANISER, SANDBOX_COMMANDS), (source.ATTENDEE, SANDBOX_READ_COMMANDS)):
        wanted = [one.function for one in source.COMMANDS if one.surface is surface and one.function]
        assert [command["function"] for command in shown] == wanted
    assert set(SANDBOX_EVENTS) == {event.function for event in source.LAUNCH_EVENTS}


LABEL = st.text(string.ascii_lowercase + string.digits, min_size=1, max_size=20)
HOSTS = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "example"]))


@settings(max_examples=5, deadline=None)
@given(HOSTS, st.none() | st.integers(1, 65535), st.uuids(version=4), st.uuids(version=4))
def test_any_host_and_ids_give_manifests_that_pass(
    host: str, port: int | None, client: uuid.UUID, add_in: uuid.UUID
) -> None:
    where = place(f"https://{host}" + (f":{port}" if port else ""), str(client), str(add_in))
    found = check_bytes(built(where).files, ShippedFiles(PANE))
    assert [str(finding) for finding in found] == []
    assert where.unified_id != where.add_in_id


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_no_host_that_a_person_types_is_taken_or_refused_in_any_other_way(text: str) -> None:
    try:
        where = place(text, CLIENT_ID)
    except WrongInput:
        return
    assert where.origin.startswith("https://")
    assert where.origin.count("/") == 2


TITLE = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)


@settings(max_examples=5, deadline=None)
@given(TITLE.filter(lambda text: text.strip() != ""), st.sampled_from(source.LANGUAGES))
def test_any_title_that_fits_comes_through_both_manifests(title: str, language: str) -> None:
    real = source.texts
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            source, "texts", lambda asked: {**real(asked), "name": title} if asked == language else real(asked)
        )
        in_xml, in_json = meanings(built(place(HOST, CLIENT_ID)))
    assert dict(in_xml.names)[language] == title
    assert meaning.differences(in_xml, in_json) == []


@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_a_title_too_long_in_one_language_is_named_and_nothing_is_written(
    language: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = source.texts
    monkeypatch.setattr(source, "texts", lambda asked: real(asked) | ({"name": "x" * 126} if asked == language else {}))
    with pytest.raises(NotGood) as caught:
        build(place(HOST, CLIENT_ID), tmp_path / "out", PANE)
    told = [str(finding) for finding in caught.value.findings]
    assert any("126 characters" in line for line in told)
    if language != "en":
        assert any(f"languages/{language}.json" in line for line in told)
        assert any(source.LOCALES[language][0] in line for line in told)
    assert not (tmp_path / "out").exists()


def test_a_missing_icon_is_named_and_nothing_is_written(tmp_path: Path) -> None:
    icons = tmp_path / "icons"
    icons.mkdir()
    with pytest.raises(WrongInput, match=r"color\.png is missing: draw it"):
        build(place(HOST, CLIENT_ID), tmp_path / "out", PANE, icons)
    for name in ("color.png", "outline.png"):
        (icons / name).write_bytes((ROOT / "manifest" / "icons" / name).read_bytes())
    with pytest.raises(NotGood) as caught:
        build(place(HOST, CLIENT_ID), tmp_path / "out", PANE, icons)
    assert any("add-32.png is not there" in str(finding) for finding in caught.value.findings)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(("host", "told"), [
    ("https://addin.contoso.example/path", "must have no path: write https://addin.contoso.example"),
    ("https://addin.contoso.example?x=1", "must have no path"),
    ("http://addin.contoso.example", "must be an https address: write https://addin.contoso.example"),
    ("addin.contoso.example", "write https://addin.contoso.example"),
    ("https://localhost", "cannot reach"),
    ("https://127.0.0.1:8443", "cannot reach"),
    ("https://me@addin.contoso.example", "no user name"),
    ("https://addin.contoso.example:99999", "port"),
    ("https://bücher.example", "write https://xn--bcher-kva.example"),
    ("https://", "is no host name"),
    ("https://two words.example", "is no host name"),
])  # fmt: skip
def test_a_wrong_host_is_refused_with_the_remedy(host: str, told: str) -> None:
    with pytest.raises(WrongInput, match=told.replace(".", r"\.")):
        place(host, CLIENT_ID)


@pytest.mark.parametrize("client", [
    "00000000-0000-0000-0000-000000000000", "11111111-1111-1111-1111-111111111111",
    "12345678-1234-1234-1234-123456789012", "00001111-aaaa-2222-bbbb-3333cccc4444", "YOUR-CLIENT-ID", "",
    "{6f0d5f6e-52c1-4f5d-9a3e-2f4c61a7b1c0}",
])  # fmt: skip
def test_a_placeholder_client_id_is_refused(client: str) -> None:
    with pytest.raises(WrongInput, match="client id"):
        place(HOST, client)


def test_localhost_needs_to_be_allowed() -> None:
    assert place("https://localhost:8443/", CLIENT_ID, allow_localhost=True).origin == "https://localhost:8443"
    assert (
        place("https://ADDIN.contoso.example:443", CLIENT_ID.upper()).resource
        == f"api://addin.contoso.example/{CLIENT_ID}"
    )
