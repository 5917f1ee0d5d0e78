"""Every setting has a default that works and is refused with a clear line when it is nonsense."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.errors import SettingsError
from service.settings import Settings, documented_settings, load_settings


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, _, _ in documented_settings():
        monkeypatch.delenv(name, raising=False)


DEFAULTS = {
    "corpus": Path("corpus"),
    "index": Path("var/index"),
    "encoder": "all-MiniLM-L6-v2",
    "runtime": "auto",
    "host": "127.0.0.1",
    "port": 8000,
    "admin_token": None,
    "keep_snapshots": 3,
    "passage_tokens": 96,
    "answer_passages": 5,
    "passages_per_article": 2,
    "answer_threshold": 0.5,
    "processes": None,
    "question_characters": 10_000,
    "emergency_number": None,
    "crisis_line": None,
    "disclaimer": None,
    "allowed_origins": None,
    "feedback": True,
    "feedback_folder": Path("var/feedback"),
}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_the_promised_default_of_each_setting(name: str) -> None:
    settings = load_settings()
    if name in DEFAULTS:
        assert getattr(settings, name) == DEFAULTS[name]
    assert getattr(settings, name) == Settings.model_fields[name].default


def test_every_setting_is_documented_with_its_default() -> None:
    documented = documented_settings()
    assert [name for name, _, _ in documented] == [
        f"PINCITE_{name.upper()}" for name in Settings.model_fields
    ]
    assert ("PINCITE_PORT", "8000", "Port; 0 takes any free one.") in documented
    assert all(description.endswith(".") for _, _, description in documented)
    defaults = {name: default for name, default, _ in documented}
    assert defaults["PINCITE_ADMIN_TOKEN"] == ""
    assert defaults["PINCITE_INDEX"] == "var/index"


def test_a_documented_default_put_into_the_environment_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = load_settings()
    for name, default, _ in documented_settings():
        monkeypatch.setenv(name, default)
    assert load_settings() == expected


def test_the_environment_wins_over_the_file_and_an_option_over_both(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path(".env").write_text("PINCITE_PORT=1001\nPINCITE_HOST='::1'\nOTHER=1\n")
    assert (load_settings().port, load_settings().host) == (1001, "::1")
    monkeypatch.setenv("PINCITE_PORT", "1002")
    assert load_settings().port == 1002
    assert load_settings(port=1003, host=None).port == 1003
    assert load_settings(host=None).host == "::1"


def test_names_are_read_in_either_case(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("pincite_port", "1004")
    assert load_settings().port == 1004


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_PORT", "")
    monkeypatch.setenv("PINCITE_ADMIN_TOKEN", "")
    assert (load_settings().port, load_settings().admin_token) == (8000, None)


NONSENSE = [
    ("CORPUS", "~nobody-of-this-name/articles", "no such home folder"),
    ("PORT", "eighty", "unable to parse"),
    ("PORT", "65536", "less than or equal to 65535"),
    ("PORT", "-1", "greater than or equal to 0"),
    ("HOST", "my host", "match pattern"),
    ("RUNTIME", "cuda", "'openvino-f32' or 'sentence-transformers'"),
    ("KEEP_SNAPSHOTS", "0", "greater than or equal to 1"),
    ("PASSAGE_TOKENS", "15", "greater than or equal to 16"),
    ("ANSWER_PASSAGES", "21", "less than or equal to 20"),
    ("PASSAGES_PER_ARTICLE", "0", "greater than or equal to 1"),
    ("ANSWER_THRESHOLD", "1", "less than 1"),
    ("ANSWER_THRESHOLD", "nan", "less than 1"),
    ("QUESTION_CHARACTERS", "49", "greater than or equal to 50"),
    ("EMERGENCY_NUMBER", "ring us", "no digit"),
    ("EMERGENCY_NUMBER", "1\n2", "match pattern"),
    ("CRISIS_LINE", "x" * 201, "at most 200 characters"),
    ("DISCLAIMER", "Careful.", "at least 20 characters"),
    ("DISCLAIMER", " " * 30, "at least 20 characters"),
    ("ENCODER", "   ", "at least 1 character"),
]


@pytest.mark.parametrize(("name", "value", "why"), NONSENSE)
def test_nonsense_is_refused_with_name_value_and_reason(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    monkeypatch.setenv(f"PINCITE_{name}", value)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    message = str(caught.value)
    assert message.startswith(
        (f"PINCITE_{name}={value!r}: ", f"PINCITE_{name}={value.strip()!r}: ")
    )
    assert why in message
    assert "\n" not in message


def test_every_fault_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_PORT", "x")
    monkeypatch.setenv("PINCITE_KEEP_SNAPSHOTS", "y")
    with pytest.raises(SettingsError, match=r"PINCITE_PORT='x'.*PINCITE_KEEP_SNAPSHOTS='y'"):
        load_settings()


@pytest.mark.parametrize("token", ["short", "pässwörter", "with a space"])
def test_a_token_that_no_header_can_carry_is_refused_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("PINCITE_ADMIN_TOKEN", token)
    with pytest.raises(SettingsError, match=r"PINCITE_ADMIN_TOKEN.*at least 8") as caught:
        load_settings()
    assert token not in str(caught.value)
    assert caught.value.__cause__ is None


def test_the_token_is_not_shown_with_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_ADMIN_TOKEN", "a-good-token")
    settings = load_settings()
    assert "a-good-token" not in repr(settings) + str(settings.model_dump())


@pytest.mark.parametrize(
    ("name", "way_out"),
    [
        ("PINCITE_EMERGENCY_NUMER", "Do you mean PINCITE_EMERGENCY_NUMBER?"),
        ("PINCITE_KEEP_SNAPSHOT", "Do you mean PINCITE_KEEP_SNAPSHOTS?"),
        ("Pincite_Prot", "Do you mean PINCITE_PORT?"),
        ("PINCITE_QQQ", "There are: PINCITE_CORPUS, PINCITE_INDEX,"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_with_the_nearest_name(
    monkeypatch: pytest.MonkeyPatch, name: str, way_out: str
) -> None:
    Path(".env").write_text(f"{name}=1\n")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert str(caught.value).startswith(f"{name} is not a setting of Pincite. {way_out}")
    Path(".env").unlink()
    monkeypatch.setenv(name, "1")
    with pytest.raises(SettingsError, match=name):
        load_settings()
    monkeypatch.setenv(name, "")
    assert load_settings().port == 8000


def test_a_folder_of_that_name_sets_nothing() -> None:
    Path(".env").mkdir()
    assert load_settings().port == 8000


def test_a_file_that_is_not_text_is_one_line() -> None:
    Path(".env").write_bytes(b"PINCITE_HOST=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env cannot be read: it is not UTF-8 text\."):
        load_settings()


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        ('PINCITE_PORT=80\nPINCITE_EMERGENCY_NUMBER="112\n', 2),
        ("PINCITE_INDEX: x\n", 1),
        ("OTHER\n\nPINCITE_INDEX\n", 3),
    ],
)
def test_a_line_of_the_file_that_sets_nothing_is_refused(lines: str, number: int) -> None:
    Path(".env").write_text(lines)
    with pytest.raises(SettingsError, match=rf"\.env, line {number}: not NAME=VALUE"):
        load_settings()


def test_home_is_understood_where_no_shell_reads_it() -> None:
    Path(".env").write_text("PINCITE_CORPUS=~/articles\n")
    assert load_settings().corpus == Path.home() / "articles"


@pytest.mark.parametrize("index", ["corpus", "corpus/var/index", "./corpus/../corpus/x"])
def test_an_index_inside_the_corpus_is_refused(index: str) -> None:
    with pytest.raises(SettingsError, match="lies inside PINCITE_CORPUS='corpus'"):
        load_settings(index=index)


def test_a_reranker_in_several_processes_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"PINCITE_PROCESSES=2 and PINCITE_RERANKER='a/b': "):
        load_settings(processes=2, reranker="a/b")
    assert load_settings(processes=0, reranker="a/b").processes == 0


def test_an_index_beside_a_corpus_of_one_file_is_fine() -> None:
    Path("leaflet.md").write_text("# Cramp\n")
    assert load_settings(corpus="leaflet.md", index="index").index == Path("index")


@given(st.sampled_from(sorted(DEFAULTS)), st.text(max_size=40))
def test_whatever_is_given_it_is_settings_or_one_refusal(name: str, value: str) -> None:
    refusal = ""
    try:
        load_settings(**{name: value})
    except SettingsError as error:
        refusal = str(error)
    assert not refusal or f"PINCITE_{name.upper()}" in refusal


def test_the_public_is_not_told_where_the_folders_lie(tmp_path: Path) -> None:
    settings = Settings(corpus=tmp_path / "texts", index=tmp_path / "deep" / "index")
    told = f"{tmp_path}/deep/index/CURRENT cannot be read; {tmp_path}/texts/a.md neither."
    assert settings.without_folders(told) == "index/CURRENT cannot be read; texts/a.md neither."
    relative = Settings(corpus=Path("texts"), index=Path("var/index"))
    assert relative.without_folders("var/index/CURRENT") == "var/index/CURRENT"
