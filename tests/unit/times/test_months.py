"""The names of the months."""

from processing.times.months import MONTHS


def test_each_month_has_its_number_in_many_languages() -> None:
    june = (
        "june",
        "juni",
        "juin",
        "giugno",
        "junho",
        "czerwca",
        "haziran",
        "июня",
        "червня",
        "kesäkuuta",
        "ιουνίου",
    )
    assert {MONTHS[name] for name in june} == {"6"}
    assert (MONTHS["jan"], MONTHS["грудня"], {*MONTHS.values()}) == ("1", "12", {*map(str, range(1, 13))})
