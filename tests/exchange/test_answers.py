"""What the result of asking says in a line."""

from __future__ import annotations

from umpa.exchange.answers import Answers, ExchangeStats


def test_a_summary_of_many_reasons_is_one_line() -> None:
    """A ping to a network has a reason for each host that is not there."""
    errors = {f"10.0.0.{n} did not answer": 1 for n in range(2, 255)} | {"too long": 4}
    stats = ExchangeStats(requests=257, errors=errors)
    text = str(Answers([], [], [], [], stats, ([], [])))
    assert text.endswith("; 257 not sent: 10.0.0.2 did not answer, and 253 other reasons")
    one = ExchangeStats(requests=4, errors={"too long": 4})
    assert str(Answers([], [], [], [], one, ([], []))).endswith("; 4 not sent: too long")
