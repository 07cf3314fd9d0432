"""Encodings without a byte order mark."""

import gzip
from typing import get_args

import pytest

from processing.model.channels import Encoding
from processing.model.profile import DEFAULT
from processing.reading.encodings import encoding_of
from tests.support.base_day import BY_POWER, written
from tests.support.small_files import profile, rejection, result

DEGREES = "Temperatur (\u00b0C)"


@pytest.mark.parametrize(
    ("head", "encoding"),
    [(b"a,b\n", "auto"), (DEGREES.encode(), "auto"), (DEGREES.encode("latin-1"), "cp1252"),
     (b"a\xff\xfe", "auto"), ("time,power\n".encode("utf-16-le"), "utf-16"), (DEGREES.encode()[:14], "auto"),
     ("time,power\n".encode("utf-32-le"), "utf-32"), ("time,power\n".encode("utf-32-be"), "utf-32"),
     ("Hora;W\n1:00:00\u00a0a.\u00a0m.;2\n".encode("cp1252"), "cp1252"),
     ("Gr\u00f6\u00dfe;L\u00e4nge\n1;2\n".encode("cp1252"), "cp1252"), (bytes(range(256)) * 9, "auto"),
     (b"time;power\n" + bytes(range(128, 256)), "auto")],
)  # fmt: skip
def test_the_bytes_show_the_encoding(head: bytes, encoding: str) -> None:
    assert encoding_of(head, DEFAULT) == encoding


@pytest.mark.parametrize("units", ["W/m²;°C;kW;A;V", "W/m²;°;kW;A;V", "µS;°C;kW;A;V"])
def test_signs_of_units_below_names_in_ascii_are_western_european(units: str) -> None:
    text = f"Datum;GlobInc;TArray;E_Grid;IArray;UArray\n;{units}\n01.01.2010 12:00;500;20;10;20;500\n"
    assert encoding_of(text.encode("cp1252"), DEFAULT) == "cp1252"


HEADERS = [
    ("shift_jis", "日時,電圧(V),電流(A),電力(W)", "{y}/{m}/{d} {clock},{u},{i},{p}"),
    ("shift_jis", "計測日時;発電電力 (W)", "{t};{p}"),
    ("shift_jis", "時刻\t電力[W]\tメモ", "{t}\t{p}\t晴れ"),
    ("gb18030", "时间,功率(W)", "{t},{p}"),
    ("gb18030", "采集时间;有功功率(W);备注", "{t};{p};晴"),
    ("gb18030", "时间,电压(V),电流(A),功率(W)", "{t},{u},{i},{p}"),
    ("big5", "時間,功率(W),電壓(V)", "{t},{p},{u}"),
    ("euc_kr", "시간,전력(W)", "{t},{p}"),
    ("cp1250", "Čas;Výkon (W)", "{d}.{m}.{y} {clock};{p}"),
    ("cp1251", "Время;Мощность (W)", "{d}.{m}.{y} {clock};{p}"),
    ("cp1251", "дата,час,напряжение,ток,мощность", "{y}-{m}-{d},{clock},{u},{i},{p}"),
    ("cp1252", "Zeit;Leistung (W);Notiz „Süd“", "{t};{p};ok"),
    ("cp1252", "Date et heure;Puissance (W);État \u2013 général", "{t};{p};ok"),
    ("mac_roman", "Date et heure;Puissance (W);Température (°C)", "{t};{p};25"),
    ("mac_roman", "Date et heure,tension,courant,Température,Puissance", "{t},{u},{i},25,{p}"),
    ("cp437", "Zeit;Leistung (W);Gerät", "{t};{p};7"),
]  # fmt: skip


@pytest.mark.parametrize(("encoding", "header", "row"), HEADERS)
def test_the_words_of_a_header_show_the_encoding(encoding: str, header: str, row: str) -> None:
    text = written(header, row).encode(encoding)
    found = result(text)
    assert found.metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)
    assert found.metrics == result(text, profile(csv={"encoding": encoding})).metrics


def test_the_result_states_the_encoding() -> None:
    assert result(written("Время;Мощность (W)", "{t};{p}").encode("cp1251")).profile.encoding == "cp1251"
    assert not result(written("time;power", "{t};{p}")).profile.encoding


def test_one_bad_byte_in_a_row_costs_that_row_alone() -> None:
    text = written("time,power,note", "{t},{p},x").encode()
    for bad in (b"\x81", b"\xe4", b"\xff\xfe"):
        found = result(text.replace(b"120.0", b"12" + bad))
        assert (found.records_processed, found.records_invalid) == (11, 1)


@pytest.mark.parametrize(("encoding", "text"), [("cp932", "晴れ"), ("cp1251", "ясно"), ("cp850", "trüb")])
def test_texts_in_rows_below_a_header_in_ascii_need_no_encoding(encoding: str, text: str) -> None:
    found = result(written("time;power;weather", "{t};{p};" + text).encode(encoding))
    assert (found.records_invalid, found.metrics.total_energy_kwh) == (0, pytest.approx(BY_POWER, abs=1e-6))


@pytest.mark.parametrize(
    ("encoding", "text", "suffix"),
    [
        ("cp1252", "Störung", ""),
        ("cp932", "晴れ", ".gz"),
        ("cp1251", "ясно", ""),
        ("utf-8", "Störung", ".gz"),
    ],
)
def test_texts_that_begin_late_in_a_large_file_need_no_encoding(
    encoding: str, text: str, suffix: str
) -> None:
    note = "x" * 300
    rows = [
        f"2025-06-{day:02} {at // 60:02}:{at % 60:02},{at % 7},{note if day < 3 else text}"
        for day in (1, 2, 3)
        for at in range(1440)
    ]
    content = "\n".join(["time,Pac (W),weather", *rows, ""]).encode(encoding)
    found = result(gzip.compress(content) if suffix else content, name=f"x.csv{suffix}".encode())
    assert found.records_invalid == 0
    kwh = 3 * sum(at % 7 for at in range(1440)) / 60_000
    assert found.metrics.total_energy_kwh == pytest.approx(kwh, abs=1e-6)


@pytest.mark.parametrize("name", [name for name in get_args(Encoding) if name != "auto"])
def test_a_profile_may_name_each_encoding(name: str) -> None:
    codec = {"shift_jis": "cp932", "big5": "cp950", "euc_kr": "cp949"}.get(name, name)
    text = written("when;gross", "{t};{p}").encode(codec)
    used = profile(csv={"encoding": name, "time": "when"}, channels={"power": {"column": "gross"}})
    assert result(text, used).metrics.total_energy_kwh == pytest.approx(BY_POWER, abs=1e-6)


@pytest.mark.parametrize("header", ["時;メモ", "Größe;Långe;\x81", "ÿ;þ"])
def test_a_file_whose_encoding_nothing_shows_is_rejected_with_what_to_write(header: str) -> None:
    text = header.encode("cp932" if "メ" in header else "latin-1") + b"\nA;B\n"
    assert encoding_of(text, DEFAULT) == "auto"
    found = rejection(text)
    assert found.code == "not_text"
    assert "save it as UTF-8, or write its encoding in a profile" in found.message
