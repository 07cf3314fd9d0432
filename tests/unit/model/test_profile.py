"""The values of a profile, and what they do not allow."""

from __future__ import annotations

import hashlib
import pickle

import msgspec
import pytest

from processing.model.channels import CHANNELS
from processing.model.profile import DEFAULT, Channel, Channels, Profile, Site, profile_hash
from processing.model.rejection import Caps
from processing.model.thresholds import ThresholdValues


def test_the_default_profile_has_the_limits_of_the_channels() -> None:
    for name, channel in CHANNELS.items():
        assert DEFAULT.channels.limits(name) == (channel.low, channel.high, True)
    assert DEFAULT.channels.voltage == DEFAULT.channels["voltage"]


def test_a_profile_can_be_hashed_and_sent_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(DEFAULT)) == DEFAULT  # noqa: S301
    assert hash(Profile()) == hash(DEFAULT)


def test_limits_must_be_in_order_and_a_scale_must_not_be_zero() -> None:
    with pytest.raises(ValueError, match="min: 5 must be below max 5"):
        Channel(min=5, max=5)
    with pytest.raises(ValueError, match="scale: must not be 0"):
        Channel(min=0, max=5, scale=0)


def test_limits_are_known_by_the_columns_name_or_if_they_are_set() -> None:
    channels = Channels(voltage=Channel(max=60), power=Channel(limits="unknown"))
    assert channels.limits("voltage", own_name=False) == (18, 60, True)
    assert channels.limits("power") == (-1e7, 1e7, False)
    assert channels.limits("current", own_name=False) == (-2000, 2000, False)
    assert channels.limits("temperature", own_name=False) == (-60, 120, False)
    assert channels.limits("energy", own_name=False) == (0, 1e12, True), "no energy is of the default panel"


def test_a_unit_must_be_one_of_the_channel() -> None:
    with pytest.raises(ValueError, match=r"current\.unit: 'mV' is not one of A, mA"):
        Channels(current=Channel(min=0, max=5, unit="mV"))


def test_a_site_has_both_coordinates_or_none_and_a_known_zone() -> None:
    with pytest.raises(ValueError, match="latitude: given together with longitude"):
        Site(latitude=52.0)
    with pytest.raises(ValueError, match="timezone: 'Mars/Base' is not an IANA time zone"):
        Site(timezone="Mars/Base")


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(msgspec.ValidationError, match="unknown field `color`"):
        msgspec.convert({"color": "red"}, Profile)


def test_the_hash_of_a_profile_is_that_of_what_it_changes() -> None:
    changed = Profile(site=Site(rated_power_w=300.0), thresholds=ThresholdValues((("night_floor_w", 5.0),)))
    content = b'{"site":{"rated_power_w":300.0},"thresholds":{"night_floor_w":5.0}}'
    assert profile_hash(changed) == hashlib.sha256(content).hexdigest()
    assert profile_hash(DEFAULT) == hashlib.sha256(b"{}").hexdigest()


def test_neither_the_type_of_a_number_nor_a_limit_of_the_machine_changes_the_hash() -> None:
    limits = Caps(max_bytes=1, max_memory=1, max_invalid=0.0)
    same = Profile(site=Site(rated_power_w=300), caps=limits, settle=5.0)
    assert profile_hash(same) == profile_hash(Profile(site=Site(rated_power_w=300.0)))
    assert profile_hash(same) != profile_hash(Profile(name="roof", site=Site(rated_power_w=300.0)))
