"""One suite, all drivers: what is sent when is the same, to the packet."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import pytest

import umpa
from tests.schedule.drivers import DRIVERS, MS, Driver, Recorder, numbered
from umpa import Packet
from umpa.errors import EncodeError, LinkClosed, LinkDown, LinkError, ScheduleError, WouldBlock
from umpa.schedule import VirtualClock, ramp
from umpa.schedule.course import Missed


@pytest.fixture(params=DRIVERS, ids=repr)
def driver(request: pytest.FixtureRequest) -> Driver:
    """Each of them."""
    found: Driver = request.param
    return found


def test_a_list_at_an_interval(driver: Driver) -> None:
    outcome = driver.send(numbered(5), interval=0.002)
    assert outcome.numbers == [0, 1, 2, 3, 4]
    driver.assert_times(outcome, [0, 2, 4, 6, 8])
    assert outcome.report.sent == 5
    assert outcome.report.bytes == sum(len(data) for _, data in outcome.frames)
    assert outcome.report.ending == "complete"


def test_the_first_packet_comes_after_the_delay(driver: Driver) -> None:
    outcome = driver.send(numbered(3), delay=0.01, interval=0.001)
    driver.assert_times(outcome, [10, 11, 12])


def test_a_rate_is_packets_per_second(driver: Driver) -> None:
    outcome = driver.send(numbered(5), rate=500)
    driver.assert_times(outcome, [0, 2, 4, 6, 8])
    assert outcome.report.asked_rate == 500


def test_a_rate_whose_interval_is_no_whole_number_of_nanoseconds(driver: Driver) -> None:
    outcome = driver.send(numbered(1), rate=3000, count=10)
    driver.assert_times(outcome, [number * 1_000_000 // 3 / MS for number in range(10)])


def test_without_a_pace_everything_leaves_at_once(driver: Driver) -> None:
    outcome = driver.send(numbered(200))
    assert outcome.numbers == [number % 256 for number in range(200)]
    assert outcome.report.lateness.max == 0
    assert outcome.report.asked_rate is None


def test_count_begins_again_where_a_list_ends(driver: Driver) -> None:
    assert driver.send(numbered(3), rate=1e5, count=7).numbers == [0, 1, 2, 0, 1, 2, 0]


def test_one_packet_can_be_sent_many_times(driver: Driver) -> None:
    assert driver.send(numbered(1)[0], rate=1e5, count=4).numbers == [0] * 4


def test_repeat_counts_rounds(driver: Driver) -> None:
    assert driver.send(numbered(2), rate=1e5, repeat=3).numbers == [0, 1] * 3
    assert driver.send(numbered(2), rate=1e5, repeat=math.inf, count=5).numbers == [0, 1, 0, 1, 0]


def test_a_generator_is_taken_one_by_one(driver: Driver) -> None:
    taken = 0

    def endless() -> Iterator[Packet]:
        nonlocal taken
        for packet in numbered(1000):
            taken += 1
            yield packet

    assert driver.send(endless(), rate=1e5, count=5).numbers == [0, 1, 2, 3, 4]
    assert taken == 5


def test_a_generator_that_ends_ends_the_job(driver: Driver) -> None:
    assert driver.send(iter(numbered(3)), rate=1e5, count=7).numbers == [0, 1, 2]


def test_a_function_begins_again_each_round(driver: Driver) -> None:
    assert driver.send(lambda: iter(numbered(2)), rate=1e5, repeat=2).numbers == [0, 1, 0, 1]


def test_a_capture_file_by_its_path(driver: Driver, first_capture: Path) -> None:
    outcome = driver.send(first_capture, rate=1e5)
    assert [data for _, data in outcome.frames] == [bytes(p) for p in umpa.read(first_capture)]


def test_bursts_leave_together(driver: Driver) -> None:
    outcome = driver.send(numbered(6), interval=0.01, burst=3)
    driver.assert_times(outcome, [0, 0, 0, 10, 10, 10])
    assert outcome.report.asked_rate == 300


def test_a_rate_with_bursts_is_still_packets_per_second(driver: Driver) -> None:
    driver.assert_times(driver.send(numbered(4), rate=200, burst=2), [0, 0, 10, 10])


def test_a_capture_at_its_own_times(driver: Driver) -> None:
    packets = numbered(4)
    for packet, time_ms in zip(packets, [1000, 1010, 1030, 1020], strict=True):
        packet.time_ns = time_ms * 1_000_000
    driver.assert_times(driver.send(packets, at="capture"), [0, 10, 30, 30])
    driver.assert_times(driver.send(packets, at="capture", speed=10), [0, 1, 3, 3])
    driver.assert_times(driver.send(packets, at="capture", speed=0.5), [0, 20, 60, 60])


def test_a_capture_replayed_twice_begins_again_where_it_ended(driver: Driver) -> None:
    packets = numbered(2)
    packets[0].time_ns, packets[1].time_ns = 0, 5_000_000
    driver.assert_times(driver.send(packets, at="capture", repeat=2), [0, 5, 5, 10])


def test_jitter_is_the_same_for_the_same_seed() -> None:
    times = [
        driver.send(numbered(20), interval=0.01, jitter=0.005, seed=7).times
        for driver in DRIVERS
        if not driver.slack
    ]
    assert times[0] == times[1]
    for number, time in enumerate(times[0]):
        assert number * 10_000_000 <= time <= number * 10_000_000 + 5_000_000
    assert len({time % 10_000_000 for time in times[0]}) > 15


def test_a_ramp(driver: Driver) -> None:
    outcome = driver.send(numbered(1), rate=ramp(0, 1000, 0.02), count=15)
    # the n-th packet leaves when the area under the rate is n: t = sqrt(2 n 0.02 / 1000)
    expected = [
        math.sqrt(2 * n * 0.02 / 1000) if n <= 10 else 0.02 + (n - 10) / 1000 for n in range(15)
    ]
    for got, wanted in zip(outcome.times, expected, strict=True):
        assert -1_000_000 <= got - wanted * 1e9 <= driver.slack + 1_000_000


def test_a_full_queue_is_waited_for(driver: Driver) -> None:
    outcome = driver.send(numbered(3), lambda link: link.full_for(4), rate=1e5)
    assert outcome.numbers == [0, 1, 2]
    assert outcome.report.retries == 4
    assert outcome.report.errors == {}


def test_a_full_queue_is_waited_for_no_longer_than_patience(driver: Driver) -> None:
    with pytest.raises(WouldBlock):
        driver.send(numbered(3), lambda link: link.full_for(10**9), rate=1e5, patience=0.01)


def test_skip_leaves_out_what_cannot_be_sent(driver: Driver) -> None:
    def refuse_some(link: Recorder) -> None:
        errors = {1: WouldBlock("full"), 3: EncodeError("too long"), 4: LinkDown("down")}
        link.trouble = lambda data: errors.get(data[-1])

    outcome = driver.send(numbered(6), refuse_some, rate=1e5, on_error="skip")
    assert outcome.numbers == [0, 2, 5]
    assert outcome.report.errors == {"WouldBlock": 1, "EncodeError": 1, "LinkDown": 1}
    assert outcome.report.sent == 3


@pytest.mark.parametrize("error", [LinkDown("down"), EncodeError("too long")])
def test_raise_ends_the_job(driver: Driver, error: Exception) -> None:
    def refuse(link: Recorder) -> None:
        link.trouble = lambda data: error if data[-1] == 2 else None

    with pytest.raises(type(error)):
        driver.send(numbered(5), refuse, rate=1e5)


def test_retry_waits_until_the_link_is_up(driver: Driver) -> None:
    def down_for_3(link: Recorder) -> None:
        link.trouble = lambda data: LinkDown("down") if link.attempts <= 3 else None

    outcome = driver.send(numbered(3), down_for_3, rate=1e5, on_error="retry")
    assert outcome.numbers == [0, 1, 2]
    assert outcome.report.retries == 3


@pytest.mark.parametrize("error", [LinkClosed("closed"), EncodeError("too long")])
def test_what_never_works_is_not_tried_again(driver: Driver, error: Exception) -> None:
    def refuse(link: Recorder) -> None:
        link.trouble = lambda data: error

    with pytest.raises(type(error)):
        driver.send(numbered(3), refuse, rate=1e5, on_error="retry", patience=math.inf)


def test_a_closed_link_ends_the_job_in_any_case(driver: Driver) -> None:
    def closed(link: Recorder) -> None:
        link.trouble = lambda data: LinkClosed("closed")

    with pytest.raises(LinkClosed):
        driver.send(numbered(1), closed, repeat=math.inf, on_error="skip")


def test_an_error_of_the_source_comes_after_what_it_gave(driver: Driver) -> None:
    links: list[Recorder] = []

    def broken() -> Iterator[Packet]:
        yield from numbered(3)
        raise LinkError("the source broke")

    with pytest.raises(LinkError, match="source broke"):
        driver.send(broken(), links.append, rate=1e5)
    assert len(links[0].frames) == 3


def test_late_deadlines_by_policy() -> None:
    """The third packet keeps its link busy for 45 ms; one packet each 10 ms is planned."""
    for driver in DRIVERS[:2]:
        policies: tuple[Missed, ...] = ("burst", "coalesce", "skip")
        found = {}
        for missed in policies:

            def busy(link: Recorder) -> None:
                def trouble(data: bytes) -> None:
                    if data[-1] == 2:
                        assert isinstance(link.clock, VirtualClock)
                        link.clock.advance(0.047)

                link.trouble = trouble

            outcome = driver.send(numbered(10), busy, interval=0.01, missed=missed)
            found[missed] = list(
                zip(outcome.numbers, [t // 1_000_000 for t in outcome.times], strict=True)
            )
            assert outcome.report.sent + outcome.report.missed == 10
        head = [(0, 0), (1, 10), (2, 67)]
        tail = [(7, 70), (8, 80), (9, 90)]
        assert found["burst"] == [*head, (3, 67), (4, 67), (5, 67), (6, 67), *tail]
        assert found["coalesce"] == [*head, (6, 67), *tail]
        assert found["skip"] == [*head, *tail]


BAD = [
    ({"interval": -1}, "interval is -1, expected a number of seconds, 0 or more"),
    ({"interval": math.nan}, "interval is nan"),
    ({"interval": math.inf}, "interval is inf"),
    ({"delay": -0.5}, "delay is -0.5"),
    ({"delay": "1"}, "delay is '1'"),
    ({"rate": 0}, "rate is 0, expected a number of packets per second above 0"),
    ({"rate": -5}, "rate is -5"),
    ({"rate": math.inf}, "rate is inf"),
    ({"interval": 1, "rate": 1}, "both interval=1 and rate=1"),
    ({"interval": 1, "jitter": -1}, "jitter is -1"),
    ({"jitter": 1}, "jitter=1 needs an interval or a rate"),
    ({"interval": 1, "burst": 0}, "burst is 0, expected a whole number of at least 1"),
    ({"count": 0}, "count is 0"),
    ({"count": 2.5}, "count is 2.5"),
    ({"repeat": 0}, "repeat is 0"),
    ({"at": "noon"}, "at is 'noon', expected \"capture\""),
    ({"at": "capture", "interval": 1}, "expected no interval"),
    ({"at": "capture", "speed": 0}, "speed is 0"),
    ({"speed": 2}, 'for at="capture" only'),
    ({"at": "capture"}, "packet 0 has no time"),
    ({"missed": "never"}, "missed is 'never', expected \"skip\""),
    ({"on_error": "ignore"}, "on_error is 'ignore'"),
    ({"patience": -1}, "patience is -1"),
    ({"rate": lambda now: -1.0}, "rate(0) is -1.0"),
]


@pytest.mark.parametrize(("options", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_numbers_are_refused_at_the_call(
    driver: Driver, options: dict[str, object], message: str
) -> None:
    links: list[Recorder] = []
    with pytest.raises(ScheduleError) as caught:
        driver.send(numbered(2), links.append, **options)  # type: ignore[arg-type]
    assert message in str(caught.value)
    assert len(links[0].frames) <= 1  # a rate is asked for when it is needed


@pytest.mark.parametrize(
    ("packets", "message"),
    [
        ([], "the list is empty"),
        (iter(()), "is empty"),
        (5, "packets is 5, expected a packet"),
        ([5], "packet 0: 5 is no packet; expected a Packet"),
        ([umpa.IP() / umpa.UDP()], "begins with ip, which is link type 228"),
        (iter([umpa.IP() / umpa.UDP()]), "put Ethernet(...) / before it"),
    ],
    ids=str,
)
def test_packets_that_cannot_be_sent_are_refused_at_the_call(
    driver: Driver, packets: object, message: str
) -> None:
    if isinstance(packets, Iterator):
        packets = iter(list(packets)) if message == "is empty" else iter([umpa.IP() / umpa.UDP()])
    with pytest.raises(ScheduleError) as caught:
        driver.send(packets)  # type: ignore[arg-type]
    assert message in str(caught.value)


def test_a_generator_cannot_be_repeated(driver: Driver) -> None:
    with pytest.raises(ScheduleError, match="a generator cannot begin again"):
        driver.send(iter(numbered(2)), repeat=2)
