"""The thresholds of a profile: set, default, and scaled to the plant."""

import pickle

from processing.model.thresholds import GAP_FILL, NIGHT_FLOOR, ThresholdValues


def test_a_profile_has_the_default_of_each_threshold_that_it_does_not_change() -> None:
    values = ThresholdValues((("night_floor_w", 20.0),))
    assert values[NIGHT_FLOOR] == 20.0
    assert values[GAP_FILL] == 1800.0
    assert ThresholdValues()[NIGHT_FLOOR] == 8.0


def test_only_defaults_in_the_unit_of_a_factor_are_multiplied() -> None:
    values = ThresholdValues((("other_w", 3.0),), (("W", 20.0),))
    other = NIGHT_FLOOR._replace(key="other_w")
    assert (values[NIGHT_FLOOR], values[other], values[GAP_FILL]) == (160.0, 3.0, 1800.0)


def test_values_can_be_hashed_and_sent_to_a_worker() -> None:
    values = ThresholdValues((("gap_steps", 2.0),))
    assert hash(values) == hash(ThresholdValues((("gap_steps", 2.0),)))
    assert pickle.loads(pickle.dumps(values)) == values  # noqa: S301
