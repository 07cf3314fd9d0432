"""Requests to process files again: parts, tickets, and how much of them is kept."""

from __future__ import annotations

import base64
import json
import threading

import pytest

from tests.support.program import SECONDS
from watcher.monitoring import reprocess_requests
from watcher.monitoring.reprocess_requests import MAX_NAMES, MAX_PARTS, MAX_WHY, ReprocessRequests


def handed_over(requests: ReprocessRequests, *names: bytes, **more: object) -> dict[str, object]:
    encoded = [base64.b64encode(name).decode() for name in names]
    return requests.answer("reprocess", json.dumps({"names": encoded, **more}).encode())


def ticket_of(requests: ReprocessRequests, *names: bytes) -> str:
    return str(handed_over(requests, *names)["ticket"])


def outcomes_of(requests: ReprocessRequests, ticket: str) -> dict[str, object]:
    return requests.answer("reprocessed", json.dumps({"ticket": ticket}).encode())


def finish_next(requests: ReprocessRequests, *outcomes: tuple[str, str]) -> None:
    part = requests.take()
    requests.finish(part, list(outcomes))


@pytest.fixture
def requests() -> ReprocessRequests:
    return ReprocessRequests()


def test_a_part_is_taken_and_its_outcomes_are_there_for_its_ticket(requests: ReprocessRequests) -> None:
    answer = handed_over(requests, b"x.csv", b"\xff/y.csv", only_older=True)
    assert requests.are_left
    part = requests.take()
    assert (part.names, part.only_older) == ([b"x.csv", b"\xff/y.csv"], True)
    ticket = str(answer["ticket"])
    assert outcomes_of(requests, ticket) == {"outcomes": None}
    requests.finish(part, [("processed", ""), ("rejected", "empty_file")])
    assert not requests.are_left
    found = {"outcomes": [("processed", ""), ("rejected", "empty_file")]}
    assert outcomes_of(requests, ticket) == found
    assert outcomes_of(requests, ticket) == found, "the answer may have been lost"


@pytest.mark.parametrize(
    "question",
    [
        {},
        {"names": []},
        {"names": "x.csv"},
        {"names": [1]},
        {"names": ["no base64"]},
        {"names": ["eC5jc3Y="] * (MAX_NAMES + 1)},
        {"names": ["eC5jc3Y="], "only_older": "yes"},
    ],
)
def test_a_request_of_another_form_is_an_error(
    requests: ReprocessRequests, question: dict[str, object]
) -> None:
    answer = requests.answer("reprocess", json.dumps(question).encode())
    assert str(answer["error"]).startswith("not a request: ")
    assert not requests.are_left


def test_an_unknown_ticket_is_an_error() -> None:
    assert outcomes_of(ReprocessRequests(), "0") == {"error": "there is no such ticket"}
    assert "error" in ReprocessRequests().answer("reprocessed", b"{}")


def test_few_parts_are_accepted_at_a_time(requests: ReprocessRequests) -> None:
    tickets = [ticket_of(requests, b"x.csv") for _ in range(MAX_PARTS)]
    assert handed_over(requests, b"x.csv") == {"busy": True}
    finish_next(requests, ("processed", ""))
    assert handed_over(requests, b"x.csv") == {"busy": True}, "its outcome was not asked for"
    outcomes_of(requests, tickets[0])
    assert "ticket" in handed_over(requests, b"x.csv")
    assert outcomes_of(requests, tickets[0]) == {"error": "there is no such ticket"}


def test_outcomes_that_nobody_asks_for_go_after_a_while(
    requests: ReprocessRequests, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(MAX_PARTS):
        handed_over(requests, b"x.csv")
        finish_next(requests, ("processed", ""))
    assert handed_over(requests, b"x.csv") == {"busy": True}
    monkeypatch.setattr(reprocess_requests, "KEPT_SECONDS", -1.0)
    assert "ticket" in handed_over(requests, b"x.csv")


def test_a_long_sentence_is_cut(requests: ReprocessRequests) -> None:
    ticket = ticket_of(requests, b"x.csv")
    finish_next(requests, ("rejected", "y" * 1_000_000))
    assert outcomes_of(requests, ticket) == {"outcomes": [("rejected", "y" * MAX_WHY)]}


def test_after_the_close_the_parts_that_wait_are_taken_and_no_more(requests: ReprocessRequests) -> None:
    ticket_of(requests, b"x.csv")
    requests.close()
    assert handed_over(requests, b"y.csv") == {"error": "the daemon is stopping"}
    part = requests.take()
    assert part.names == [b"x.csv"]
    assert requests.take() is None


def test_the_end_waits_until_the_outcomes_are_asked_for_but_not_for_ever(requests: ReprocessRequests) -> None:
    ticket = ticket_of(requests, b"x.csv")
    finish_next(requests, ("not done", "the daemon is stopping"))
    requests.wait_until_collected(0.01)
    waiting = threading.Thread(target=requests.wait_until_collected, args=(600.0,))
    waiting.start()
    outcomes_of(requests, ticket)
    waiting.join(SECONDS)
    assert not waiting.is_alive()
