"""The three functions with tables and rows of pandas."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from processing import calculate_metrics, validate_data
from processing.generator.days import SimulatedDay, render

pd = pytest.importorskip("pandas", reason="run `make test-oracles`: pandas is in that environment")

DAY = render(SimulatedDay(pd.Timestamp("2025-04-15T06:00:00").to_pydatetime(), seed=1))[0]
FRAME = pd.read_csv(io.BytesIO(DAY))
EXPECTED = calculate_metrics(FRAME.to_dict("records"))
TIMED = FRAME.assign(timestamp=pd.to_datetime(FRAME["timestamp"]))


@pytest.mark.parametrize(
    "make",
    [
        lambda frame: frame,
        lambda frame: [row for _, row in frame.iterrows()],
        lambda frame: (row for _, row in frame.iterrows()),
        lambda frame: list(frame.itertuples()),
        lambda frame: frame.convert_dtypes(),
    ],
)
@pytest.mark.parametrize("frame", [FRAME, TIMED])
def test_a_table_and_its_rows_have_the_figures_of_dicts(
    make: Callable[[pd.DataFrame], object], frame: pd.DataFrame
) -> None:
    assert calculate_metrics(make(frame)) == EXPECTED


def test_an_index_of_times_counts_as_the_timestamps() -> None:
    assert calculate_metrics(TIMED.set_index("timestamp")) == EXPECTED
    assert calculate_metrics(TIMED.set_index("timestamp").rename_axis(None)) == EXPECTED


def test_an_aware_index_keeps_its_offset() -> None:
    aware = TIMED.set_index("timestamp").tz_localize("Europe/Amsterdam")
    assert calculate_metrics(aware)["period"]["start"] == "2025-04-15T06:00:00+02:00"


def test_what_is_missing_leaves_its_row_out() -> None:
    holes = TIMED.convert_dtypes()
    holes.loc[3, "voltage"] = pd.NA
    holes.loc[4, "timestamp"] = pd.NaT
    assert calculate_metrics(holes) == calculate_metrics(TIMED.drop([3, 4]))


def test_a_row_of_a_table_is_valid_or_not() -> None:
    whole = pd.DataFrame(
        {"voltage": [24, 50], "current": [5, 5], "temperature": [35, 35], "power": [120, 250]}
    )
    assert [validate_data(row) for _, row in whole.iterrows()] == [True, False]
    with pytest.raises(TypeError, match="a DataFrame is not a reading"):
        validate_data(whole)


def test_a_column_is_not_a_table() -> None:
    with pytest.raises(TypeError, match="a float is not a reading"):
        calculate_metrics(TIMED["voltage"])
