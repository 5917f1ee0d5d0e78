"""What a process beside the service is given of its environment."""

import pytest

from service.aside import HOUSE, environment


def test_it_is_given_everything_but_the_admin_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINCITE_ADMIN_TOKEN", "a-token-for-tests")
    monkeypatch.setenv("pincite_admin_token", "a-token-for-tests")
    monkeypatch.setenv("PINCITE_INDEX", "there")
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    given = environment()
    assert "a-token-for-tests" not in given.values()
    assert given["PINCITE_INDEX"] == "there"
    assert given["PYTHONPATH"] == f"{HOUSE}:elsewhere"
