"""Scales, ticks and outlines."""

from __future__ import annotations

from datetime import datetime

from processing.html.svg import Clock, Scale, Span, area, bar, boxes, line, number, pieces


def test_a_scale_maps_its_ends_to_bottom_and_top_and_keeps_values_inside() -> None:
    scale = Scale(0.0, 10.0)
    assert [scale.y(value) for value in (0, 2.5, 10, 11, -1)] == [1000, 750, 0, 0, 1000]
    assert scale.ys([2.5, 10.0]) == (750, 0)


def test_ticks_are_round_values() -> None:
    assert Scale(0.0, 10.0).ticks(5) == [(100 - 10 * value, f"{value}") for value in (0, 2, 4, 6, 8, 10)]
    assert [text for _, text in Scale(0.13, 0.52).ticks(4)] == ["0.2", "0.3", "0.4", "0.5"]


def test_a_clock_knows_seconds_and_labels_midnight_with_its_date() -> None:
    clock = Clock(datetime.fromisoformat("2025-01-15T18:00:00"), 12 * 3600.0)
    assert clock.seconds("2025-01-15T18:30:00") == 1800
    assert clock.seconds("2025-01-15T18:30:00+01:00") == 1800, "only one has an offset"
    assert clock.percent(3 * 3600) == 25
    labels = ["18:00", "20:00", "22:00", "16 Jan", "02:00", "04:00"]
    assert clock.ticks() == {2 * 3600.0 * place: text for place, text in enumerate(labels)}


def test_coordinates_have_at_most_three_decimals() -> None:
    assert [number(value) for value in (3.0, 2.5, 1 / 3, -0.0004)] == ["3", "2.5", "0.333", "-0"]


def test_a_curve_is_cut_at_gaps_and_missing_values() -> None:
    curve = pieces(["0", "1", "2", "3", "4"], [5.0, 6.0, None, 7.0, 8.0], Scale(0.0, 10.0), {4})
    assert curve == ["0 500 1 400", "3 300", "4 200"]
    assert line(curve) == "M0 500 1 400M3 300h0M4 200h0"
    assert area(curve, 1000) == "M0 1000L0 500 1 400V1000Z"


def test_boxes_and_bars_are_closed_outlines() -> None:
    assert boxes([Span(2, 3)], 10, 20) == "M2 10h3v20h-3Z"
    assert bar(0, 100, 400) == "M8 400h84v600h-84Z"
    assert bar(0, 100, 400, 700) == "M8 400h84v300h-84Z"
    assert bar(0, 100, 900, 700) == "M8 700h84v200h-84Z"
