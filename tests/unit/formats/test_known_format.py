"""What a known format adds to a profile, as its hash."""

from processing.formats.known_format import current_hash
from processing.model.profile import DEFAULT
from tests.support.known_formats import DAY, OWN, known, result
from tests.support.small_files import profile


def test_the_hash_of_the_profile_changes_with_the_format() -> None:
    hashes = {
        result(DAY, *formats).profile.sha256
        for formats in ([known()], [known(OWN.replace('"T"', '"Temp"'))], [known(name="other")])
    }
    assert len(hashes) == 2  # a name alone changes no figure


def test_the_current_hash_is_that_of_a_record_until_the_format_the_profile_or_its_use_changes() -> None:
    used = result(DAY, known()).profile
    assert current_hash(DEFAULT, "own", [known()]) == used.sha256
    assert current_hash(DEFAULT, "own", [known(OWN + "temperature.unit = 'K'")]) != used.sha256
    assert current_hash(DEFAULT, "own", []) != used.sha256
    assert current_hash(DEFAULT, "", [known()]) != used.sha256
    for changed in (profile(site={"rated_power_w": 1}), profile(csv={"decimal": ","})):
        assert current_hash(changed, "own", [known()]) != used.sha256
