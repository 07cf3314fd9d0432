"""The three functions of the public face: valid data, invalid data, and the accuracy of the figures."""

import io
import json
import math
import statistics
from collections import deque, namedtuple
from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from processing import (
    Profile,
    Result,
    calculate_metrics,
    process,
    process_sensor_data,
    profiles_from,
    validate_data,
)

GOOD = {"voltage": 24.5, "current": 5.2, "temperature": 35.0, "power": 127.4}
NOW = "2026-01-01T00:00:00Z"
HEADER = "timestamp,voltage,current,temperature,power"


def reading(**changes: object) -> dict[str, object]:
    return {**GOOD, **changes}


def a_day(rows: int = 288) -> list[dict[str, float | str]]:
    """A smooth, exactly known day: six decimals at most, so that text loses nothing."""
    start = datetime.fromisoformat("2025-01-15T06:00:00")
    day = []
    for index in range(rows):
        sun = max(0.0, math.sin(math.pi * index / 144))
        volts, amperes = (
            round(24.1 + 1.7 * sun + 0.01 * (index % 7), 3),
            round(7.9 * sun + 0.013 * (index % 5), 3),
        )
        day.append(
            {
                "timestamp": (start + timedelta(minutes=5 * index)).isoformat(),
                "voltage": volts,
                "current": amperes,
                "temperature": round(14 + 21 * sun + 0.02 * (index % 3), 2),
                "power": round(volts * amperes, 3),
            }
        )
    return day


def as_csv(rows: list[dict[str, float | str]]) -> str:
    return (
        "\n".join([HEADER, *(",".join(str(row[name]) for name in HEADER.split(",")) for row in rows)]) + "\n"
    )


class TestValidData:
    def test_the_users_example_is_valid(self) -> None:
        assert validate_data(GOOD) is True

    @pytest.mark.parametrize(
        ("channel", "low", "high"),
        [("voltage", 18, 32), ("current", 0, 12), ("temperature", -10, 80), ("power", 0, 384)],
    )
    def test_bounds_are_inclusive(self, channel: str, low: float, high: float) -> None:
        assert validate_data(reading(**{channel: low}))
        assert validate_data(reading(**{channel: high}))
        assert not validate_data(reading(**{channel: math.nextafter(low, -math.inf)}))
        assert not validate_data(reading(**{channel: math.nextafter(high, math.inf)}))

    @pytest.mark.parametrize("text", ["24.5", " 24.5 ", "+24.5", "2.45e1", "24.", "\t24.5"])
    def test_numbers_may_come_as_text(self, text: str) -> None:
        assert validate_data(reading(voltage=text))

    @pytest.mark.parametrize(
        "stamp",
        [
            "2025-01-15T14:05:23",
            "2025-01-15 14:05",
            "2025-01-15T14:05:23.5+02:00",
            "1970-01-01T00:00Z",
            "2100-12-31T00:00",
        ],
    )
    def test_a_timestamp_is_iso_8601(self, stamp: str) -> None:
        assert validate_data(reading(timestamp=stamp))


class TestInvalidData:
    def test_fifty_volts_is_invalid(self) -> None:
        assert validate_data(reading(voltage=50.0, power=260.0)) is False

    @pytest.mark.parametrize("channel", list(GOOD))
    def test_a_missing_key_is_invalid(self, channel: str) -> None:
        assert not validate_data({name: value for name, value in GOOD.items() if name != channel})

    @pytest.mark.parametrize(
        "value",
        [math.nan, math.inf, -math.inf, None, True, "", "abc", "1_9", "٢٤", "nan", "2e999", "24,5",
         "\xa024.5",
         10**400, [24.5], {}, b"24.5", "0x18", "24.5.0", "2" * 65],
    )  # fmt: skip
    def test_a_value_that_is_not_a_finite_number_is_invalid(self, value: object) -> None:
        assert validate_data(reading(voltage=value)) is False

    @pytest.mark.parametrize(
        "value", [-999, -99, 9999, 65535, 6553.5, 655.35, 32768, -32768, 32767, 3276.7, -327.67]
    )
    def test_a_loggers_value_for_no_reading_is_invalid(self, value: float) -> None:
        assert not validate_data(reading(temperature=value))

    @pytest.mark.parametrize(
        "stamp",
        ["", None, 0, "yesterday", "2025-13-01T00:00", "2025-02-29T00:00", "1969-12-31T23:59",
         "2101-01-01T00:00", "15/01/2025 14:05", "2025-01-15", "2025-01-15T24:00:01",
         "2025-01-15T14:05:60", "٢٠٢٥-01-15T14:05"],
    )  # fmt: skip
    def test_a_timestamp_that_is_none_is_invalid(self, stamp: object) -> None:
        assert not validate_data(reading(timestamp=stamp))

    @pytest.mark.parametrize("record", [None, 5, "text", {}])
    def test_none_a_number_or_text_is_invalid(self, record: object) -> None:
        assert validate_data(record) is False

    @pytest.mark.parametrize("records", [[], [GOOD], iter([GOOD]), {"a"}, object()])
    def test_a_list_or_a_table_is_a_type_error(self, records: object) -> None:
        with pytest.raises(TypeError, match="pass a dict or a row of a DataFrame"):
            validate_data(records)


class TestAccuracyOfTheFigures:
    def test_figures_of_a_day_equal_an_independent_calculation(self) -> None:
        day = a_day()
        figures = calculate_metrics(day)
        for channel in ("voltage", "current", "temperature", "power"):
            values = [float(row[channel]) for row in day]
            assert figures[channel]["avg"] == round(statistics.fmean(values), 6)
            assert figures[channel]["min"] == min(values)
            assert figures[channel]["max"] == max(values)
            assert figures[channel]["std"] == pytest.approx(statistics.stdev(values), abs=1e-6)
        power = [float(row["power"]) for row in day]
        assert figures["total_energy_kwh"] == round(math.fsum(power) * 300 / 3.6e6, 6)
        assert figures["peak_power_w"] == max(power)
        assert figures["peak_power_time"] == day[power.index(max(power))]["timestamp"]
        means = {start: statistics.fmean(power[start : start + 12]) for start in range(0, 288, 12)}
        best = max(means, key=lambda start: means[start])
        assert figures["peak_power_hour"] == day[best]["timestamp"]

    def test_figures_of_three_readings_by_hand(self) -> None:
        rows = [
            {"voltage": "24", "current": "5", "temperature": "20", "power": "120"},
            {"voltage": 25, "current": 6, "temperature": 22, "power": 150},
            {"voltage": 26, "current": 7, "temperature": 24, "power": 182},
        ]
        figures = calculate_metrics(rows)
        assert figures["voltage"] == {"avg": 25.0, "min": 24.0, "max": 26.0, "std": 1.0}
        assert figures["current"]["avg"] == 6.0
        assert figures["temperature"]["max"] == 24.0
        assert figures["total_energy_kwh"] == 0.037667  # (120 + 150 + 182) W · 300 s / 3.6e6
        assert figures["interval_seconds"] == 300.0

    def test_no_reading_gives_nulls(self) -> None:
        figures = calculate_metrics([])
        assert figures["voltage"] == {"avg": None, "min": None, "max": None, "std": None}
        assert figures["total_energy_kwh"] is None
        assert figures["peak_power_hour"] is None

    def test_one_reading_has_no_spread(self) -> None:
        assert calculate_metrics([GOOD])["voltage"]["std"] == 0.0

    def test_times_come_from_the_timestamps(self) -> None:
        rows = [
            reading(timestamp=f"2025-01-15T12:{minute:02d}:00", power=60.0) for minute in range(0, 60, 10)
        ]
        figures = calculate_metrics(rows)
        assert figures["interval_seconds"] == 600.0
        assert figures["total_energy_kwh"] == 0.06
        assert figures["peak_power_hour"] == "2025-01-15T12:00:00"


class Row:
    """What `DataFrame.iterrows` gives, as far as it is used."""

    def __init__(self, reading: dict[str, object]) -> None:
        self._reading = reading

    def to_dict(self) -> dict[str, object]:
        return self._reading


def as_read_by(clock: Callable[[str], object], number: Callable[[str], object]) -> list[dict[str, object]]:
    """Return a day whose times and numbers are of other types."""
    return [
        {name: (clock if name == "timestamp" else number)(str(value)) for name, value in row.items()}
        for row in a_day()
    ]


class TestValuesOfPythonAndNumpy:
    @pytest.mark.parametrize("number", [str, float, np.float64, Decimal, Fraction])
    @pytest.mark.parametrize("clock", [str, datetime.fromisoformat, np.datetime64])
    def test_figures_do_not_depend_on_the_types(
        self, clock: Callable[[str], object], number: Callable[[str], object]
    ) -> None:
        assert calculate_metrics(as_read_by(clock, number)) == calculate_metrics(a_day())

    @pytest.mark.parametrize("unit", ["m", "s", "ms", "us", "ns"])
    def test_a_numpy_time_may_have_any_unit(self, unit: str) -> None:
        rows = as_read_by(lambda text: np.datetime64(text, unit), float)
        assert calculate_metrics(rows) == calculate_metrics(a_day())

    def test_an_aware_datetime_keeps_its_offset(self) -> None:
        zone = timezone(timedelta(hours=2))
        rows = [reading(timestamp=datetime(2025, 1, 15, hour, tzinfo=zone)) for hour in (11, 12)]
        assert calculate_metrics(rows)["period"] == {
            "start": "2025-01-15T11:00:00+02:00",
            "end": "2025-01-15T12:00:00+02:00",
        }

    @pytest.mark.parametrize("make", [tuple, iter, lambda rows: (row for row in rows), deque])
    def test_readings_may_come_from_any_iterable(self, make: Callable[[list[Any]], Any]) -> None:
        assert calculate_metrics(make(a_day())) == calculate_metrics(a_day())

    def test_rows_of_a_table_and_named_tuples_are_readings(self) -> None:
        fields = namedtuple("fields", HEADER.split(","))  # noqa: PYI024 - as itertuples makes it
        expected = calculate_metrics(a_day())
        assert calculate_metrics([Row(row) for row in a_day()]) == expected
        assert calculate_metrics([fields(**row) for row in a_day()]) == expected
        assert validate_data(Row(GOOD))
        assert not validate_data(Row(reading(voltage=50)))

    @pytest.mark.parametrize("number", [np.int64(24), np.float32(24.5), Decimal("24.5"), Fraction(49, 2)])
    def test_a_number_of_any_kind_is_valid(self, number: object) -> None:
        assert validate_data(reading(voltage=number))

    @pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), np.nan, None])
    def test_a_number_that_is_missing_leaves_its_reading_out(self, number: object) -> None:
        assert not validate_data(reading(voltage=number))
        assert calculate_metrics([GOOD, reading(voltage=number), GOOD])["voltage"]["avg"] == 24.5

    @pytest.mark.parametrize("stamp", [np.datetime64("NaT"), math.nan, None])
    def test_a_time_that_is_missing_leaves_its_reading_out(self, stamp: object) -> None:
        rows = [reading(timestamp=datetime(2025, 1, 15, 12)), reading(timestamp=stamp, power=300)]  # noqa: DTZ001
        assert calculate_metrics(rows)["peak_power_w"] == GOOD["power"]

    @pytest.mark.parametrize(
        ("data", "message"),
        [
            (GOOD, r"a dict is not a list of readings: pass \[reading\] for one"),
            ("text", "a str is not a list of readings"),
            (5, "an int is not a list of readings"),
            ([GOOD, 5], "an int is not a reading: pass a dict or a row of a DataFrame"),
            ([GOOD, reading(voltage=[24])], "voltage of reading 2 is a list: pass a number"),
            ([reading(power=True)], "power of reading 1 is a bool"),
            ([reading(timestamp=1736942400)], "timestamp of reading 1 is an int: pass a datetime"),
            ([reading(timestamp=date(2025, 1, 15))], "timestamp of reading 1 is a date"),
        ],
    )
    def test_other_types_are_type_errors_with_what_to_pass(self, data: Any, message: str) -> None:
        with pytest.raises(TypeError, match=message):
            calculate_metrics(data)

    @pytest.mark.long
    def test_many_readings_without_a_time_take_no_longer_each(self) -> None:
        """This takes minutes if each reading searches for the last time before it."""
        assert calculate_metrics([reading(timestamp="?")] * 50_000)["total_energy_kwh"] is None


class TestProcessSensorData:
    def test_the_result_is_returned_and_saved(self, tmp_path: Path) -> None:
        source = tmp_path / "solar_data_20250115_060000.csv"
        source.write_text(as_csv(a_day()))
        result = process_sensor_data(str(source), str(tmp_path / "out"))
        assert result["status"] == "success"
        assert result["records_total"] == result["records_processed"] == 288
        assert result["input_file"] == source.name
        assert json.loads((tmp_path / "out" / "solar_data_20250115_060000.json").read_text()) == result
        assert [path.name for path in (tmp_path / "out").iterdir()] == ["solar_data_20250115_060000.json"]

    def test_the_column_path_gives_the_figures_of_the_dicts(self, tmp_path: Path) -> None:
        source = tmp_path / "day.csv"
        source.write_text(as_csv(a_day()))
        assert process_sensor_data(source, tmp_path)["metrics"] == calculate_metrics(a_day())

    def test_an_invalid_row_enters_no_figure(self, tmp_path: Path) -> None:
        day = a_day(24)
        day[3]["voltage"], day[3]["power"] = 50.0, 260.0
        source = tmp_path / "day.csv"
        source.write_text(as_csv(day))
        result = process_sensor_data(source, tmp_path)
        assert (result["records_processed"], result["records_invalid"]) == (23, 1)
        assert result["rejected_rows"] == [
            {"line": 5, "column": "voltage", "reason": "above 32 V", "cell": "50", "kind": "reading"}
        ]
        assert result["metrics"]["voltage"]["max"] < 32

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            ("", "empty_file"),
            (HEADER, "no_valid_rows"),
            ("timestamp,current,temperature\n", "missing_columns"),
            (HEADER + "\nx,y\nz\n", "malformed_csv"),
            (HEADER + "\n2025-01-15T12:00:00,50,5,20,250\n", "no_valid_rows"),
        ],
    )
    def test_a_bad_file_is_an_error_with_its_code(self, tmp_path: Path, content: str, code: str) -> None:
        source = tmp_path / "bad.csv"
        source.write_text(content)
        result = process_sensor_data(source, tmp_path / "out")
        assert result["status"] == "error"
        assert result["error"]["code"] == code
        assert result["error"]["message"]
        assert not (tmp_path / "out").exists()

    def test_a_profile_may_be_given(self, tmp_path: Path) -> None:
        source = tmp_path / "day.csv"
        source.write_text(as_csv(a_day()))
        low = profiles_from({"channels": {"voltage": {"max": 24.5}}}).default
        assert process_sensor_data(source, tmp_path, profile=low)["records_invalid"] > 0
        with pytest.raises(TypeError, match="profiles_from"):
            process_sensor_data(source, tmp_path, profile={"channels": {}})  # type: ignore[arg-type]

    def test_the_package_has_all_that_process_takes(self) -> None:
        found = process(io.BytesIO(as_csv(a_day()).encode()), Profile(), name=b"x.csv", processed_at=NOW)
        assert isinstance(found, Result)

    def test_a_record_of_other_bytes_is_never_replaced(self, tmp_path: Path) -> None:
        source, out = tmp_path / "day.csv", tmp_path / "out"
        records = []
        for rows in (12, 24, 36):
            source.write_text(as_csv(a_day(rows)))
            records.append(process_sensor_data(source, out))
        names = ["day.json", *(f"day.{one['input']['sha256'][:12]}.json" for one in records[1:])]
        assert [json.loads((out / name).read_bytes()) for name in names] == records
        assert sorted(path.name for path in out.iterdir()) == sorted(names)

    def test_the_same_bytes_again_replace_only_its_own_record(self, tmp_path: Path) -> None:
        source, out = tmp_path / "day.csv", tmp_path / "out"
        source.write_text(as_csv(a_day()))
        process_sensor_data(source, out)
        low = profiles_from({"channels": {"voltage": {"max": 24.5}}}).default
        again = process_sensor_data(source, out, profile=low)
        assert [path.name for path in out.iterdir()] == ["day.json"]
        assert json.loads((out / "day.json").read_bytes()) == again
        assert again["source"] == "api"
        (out / "day.json").write_text('{"of": "somebody else"}')
        process_sensor_data(source, out)
        assert (out / "day.json").read_text() == '{"of": "somebody else"}'
        assert len(list(out.iterdir())) == 2

    def test_a_missing_file_is_an_error(self, tmp_path: Path) -> None:
        result = process_sensor_data(tmp_path / "absent.csv", tmp_path)
        assert (result["status"], result["error"]["code"]) == ("error", "not_found")
        assert "absent.csv" in result["error"]["message"]
