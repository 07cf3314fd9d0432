"""Times that are written in an unusual way."""

import pytest

from processing.rewriting.times import steps_of_times, zone_of_times
from tests.support.base_day import BY_POWER, written
from tests.support.small_files import result


def rewritten(text: str) -> str:
    block = text.encode()
    for step in steps_of_times(block, zone_of_times(block)):
        block = step(block)
    return block.decode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("06/14/2025 Noon,5", "06/14/2025 12:00 PM,5"),
        ("令和7年6月14日 0:05,5", "2025-6-14 0:05,5"),
        ("114/06/14 0:05,114/3 時", "2025/06/14 0:05,114/3 時"),
        ("2025년 6월 14일 0:05,5", "2025-6-14 0:05,5"),
        ("1 мая 2025 \u0433. 0:05;5", "1 мая 2025 0:05;5"),
        ("2025-6-14,0時05分9秒,5", "2025-6-14,00:05:09,5"),
        ("2025/5/13 下午3:05,1", "2025/5/13 3:05 PM,1"),
        ("datetime.datetime(2025, 6, 14, 0, 5),5", "2025-06-14 00:05:00,5"),
        ("Timestamp('2025-06-14 00:05:00'),np.float64(1.5),5", "2025-06-14 00:05:00,1.5,5"),
        ("Sat Jun 14 00:05:00 CEST 2025,5", "14 Jun 2025 00:05:00 CEST,5"),
        ("'2025-06-14 00:05:00,5", "2025-06-14 00:05:00,5"),
        ("13/05/2025 12:05 a. m.;1", "13/05/2025 12:05 a.m.;1"),
        ("27.10.2024 02:00 (CEST),0", "27.10.2024 02:00 CEST,0"),
        (
            "Sat Jun 14 2025 00:05:00 GMT+0200 (Central European Summer Time),5",
            "Sat Jun 14 2025 00:05:00 GMT+0200,5",
        ),
        ("14.06.2025 (Sa) 00:05;5", "14.06.2025 00:05;5"),
        ("14.6.2025 klo 0.05;5", "14.6.2025 0.05;5"),
        ("2025-06-14T00:05:00+02:00[Europe/Berlin],5", "2025-06-14T00:05:00+02:00,5"),
        ("2025-06-14T00:00:00Z,0:05,5", "2025-06-14,0:05,5"),
        ("14/06/2025 00:00,0:05,5", "14/06/2025,0:05,5"),
        ("Jun 4th 2025, 12:05am;5", "Jun 4 2025, 12:05am;5"),
        ("2025-W10,103", "2025-W10-1,103"),
        ("14/06/2568 00:05,2568", "14/06/2025 00:05,2568"),
        ("14/06/2578 00:05,2568", "14/06/2035 00:05,2568"),
        ("13/05/2025 9:05:30 p.\u00a0m.;1", "13/05/2025 9:05:30 p.m.;1"),
        ("2025-05-13 오전 12:05,1\n2025-05-13 오후 1:05,2", "2025-05-13 12:05 AM,1\n2025-05-13 1:05 PM,2"),
        ("2025/5/13 3:05:00 μ.μ.,1", "2025/5/13 3:05:00 PM,1"),
        ("03.06.2024 00:00 - 03.06.2024 00:15 (CET/CEST),0", "03.06.2024 00:00 - 03.06.2024 00:15,0"),
        ("KW 5/2025;103\n2025KW6;90", "2025-W05-1;103\n2025-W06-1;90"),
        ("2025-W10-3,103", "2025-W10-3,103"),
        ("2025年6月14日,0時05分,5", "2025-6-14,00:05,5"),
        ("令和7年6月14日 0時5分,5\n平成元年6月14日 0時5分,5", "2025-6-14 00:05,5\n1989-6-14 00:05,5"),
        ("日期\n114/06/14 00:05,5\n114.5,114/3", "日期\n2025/06/14 00:05,5\n114.5,114/3"),
        ("2025/06/14 12:05 ص,5\n2025/06/14 1:05 م,6", "2025/06/14 12:05 AM,5\n2025/06/14 1:05 PM,6"),
        ("2568-06-14,2568\n14/06/2568 00:05,2568", "2025-06-14,2568\n14/06/2025 00:05,2568"),
        ("114/06/14 00:05,5", "114/06/14 00:05,5"),
        ("2025년 6월 14일 13시 5분 9초,5", "2025-6-14 13:05:09,5"),
        ("'2025-06-14 00:05';1'200", "'2025-06-14 00:05';1'200"),
        ("14.06.2025 kl. 00.05;5", "14.06.2025 00.05;5"),
        ("14/06/2025 às 00:05;5\n14/06/2025 à 00:10;5", "14/06/2025 00:05;5\n14/06/2025 00:10;5"),
        ("2025/06/14(土) 0:05,5\n2025/06/15(日) 0:05,5", "2025/06/14 0:05,5\n2025/06/15 0:05,5"),
        ("4th June 2025;5\n1st of May 2025;6\n5th 2W", "4 June 2025;5\n1 May 2025;6\n5th 2W"),
        ("2025-06-14 00:05Z Europe/London,5", "2025-06-14 00:05Z,5"),
        ("datetime.datetime(2025, 6, 14, 0, 5, 7, 120000),1", "2025-06-14 00:05:07,1"),
        ("datetime(2025, 6, 14, 13, 5, tzinfo=utc),1", "2025-06-14 13:05:00,1"),
        ("2025-06-14 00:05;float64(-1.5);Decimal('2.5')", "2025-06-14 00:05;-1.5;2.5"),
        ("2025-06-14 00:05,point(1.5),int(", "2025-06-14 00:05,point(1.5),int("),
        ("2025-06-14 00:05,1.8.0 (kWh)", "2025-06-14 00:05,1.8.0 (kWh)"),
        ("2025-05-13 12:05 am Mast,1 (AC),W 10", "2025-05-13 12:05 am Mast,1 (AC),W 10"),
        ("14.06.2025 00:05;5.25 h;P1 (kW)", "14.06.2025 00:05;5.25 h;P1 (kW)"),
    ],
)
def test_they_become_times_that_are_read(before: str, after: str) -> None:
    assert rewritten(before + "\n") == after + "\n"


@pytest.mark.parametrize("mark", ["p. m.", "p.\u202fm.", "오후", "午後"])
def test_rows_of_an_afternoon_are_read(mark: str) -> None:
    found = result(written("Fecha;Hora;Potencia (W)", "{y}/{m}/{d};{clock} " + mark + ";{p}"))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)


@pytest.mark.parametrize(
    "row",
    [
        "{d}.{m}.{y};{clock} Uhr;{p}",
        "Sa, {d}.{m}.{y};{clock};{p}",
        "{d}. {m}. {y};{clock};{p}",
        "{d}.{m}.{y};klo {clock};{p}",
        "{d} июня {y} \u0433.;{clock};{p}",
        "{d} de junho de {y};{clock};{p}",
        "{d} czerwca {y};{clock};{p}",
    ],
)
def test_words_around_dates_and_times_of_day_say_nothing(row: str) -> None:
    found = result(written("Datum;Uhrzeit;Leistung (W)", row))
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert found.records_invalid == 0


@pytest.mark.parametrize("time", ["2025/06/14 {jp}{at}:{minute:02}", "06/14/2025 {at:02}:{minute:02} {half}"])
def test_the_hour_after_noon_may_be_hour_0(time: str) -> None:
    halves = (("AM", "午前"), ("PM", "午後"))
    times = [
        time.format(half=half, jp=jp, at=at, minute=minute)
        for half, jp in halves
        for at in range(12)
        for minute in (0, 20, 40)
    ]
    found = result("\n".join(("Time,Power (W)", *(f"{one},300" for one in times), "")))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, 7.2)
    assert found.metrics.period.end == "2025-06-14T23:40"


def test_a_zone_that_is_named_behind_the_times_is_theirs() -> None:
    rows = "".join(f"2025-10-26 {at:02}:30 Europe/Berlin,300\n" for at in (0, 1, 2, 2, 3))
    found = result(f"Time,Power (W)\n{rows}")
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, 1.5)
    period = found.metrics.period
    assert (period.start, period.end) == ("2025-10-26 00:30", "2025-10-26 03:30")


def test_the_energy_of_weeks_is_read_from_their_mondays() -> None:
    found = result(
        "Week,Energy (kWh)\n" + "".join(f"2025-W{week},{100 + week % 3}\n" for week in range(10, 22))
    )
    assert (found.metrics.total_energy_kwh, found.metrics.period.start) == (1212.0, "2025-03-03T00:00:00")
