"""Settings: their sources, their values, and the errors of wrong ones."""

import argparse
import os
from pathlib import Path

import pytest

from watcher.errors import ExitCode, SettingsError
from watcher.settings import TABLE, Settings, add_flags, command_line, load, unknown_variables

DEFAULTS = {
    "data_dir": Path("data"),
    "config": None,
    "settle": 1.0,
    "scan_interval": None,
    "watch": "auto",
    "once_deadline": 60.0,
    "suffixes": (b".csv", b".csv.gz"),
    "max_file_bytes": 1024**3,
    "file_seconds": 120.0,
    "file_memory": 512 * 1024**2,
    "max_invalid": 0.5,
    "durability": "full",
    "engine": "local",
    "metrics_port": None,
    "metrics_host": "127.0.0.1",
    "log_format": "auto",
    "log_level": "info",
}


def config(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def settings_error(flags: dict[str, object], environ: dict[str, str] | None = None) -> str:
    with pytest.raises(SettingsError) as caught:
        load(flags, environ or {})
    assert caught.value.exit_code is ExitCode.USAGE
    return str(caught.value)


@pytest.mark.parametrize(("name", "value"), DEFAULTS.items())
def test_each_setting_has_its_documented_default(name: str, value: object) -> None:
    assert getattr(load({}, {}), name) == value


def test_the_default_number_of_workers_is_the_usable_cores_and_at_most_four(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(3)))
    assert load({}, {}).workers == 3
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(64)))
    assert load({}, {}).workers == 4


def test_the_file_wins_over_the_default_the_environment_over_the_file_and_the_flag_over_all(
    tmp_path: Path,
) -> None:
    path = config(tmp_path, "settle = 2\nworkers = 2\nmax-invalid = 0.25\n")
    flags = {"config": str(path), "settle": "4"}
    settings = load(flags, {"WATCHER_SETTLE": "3", "WATCHER_WORKERS": "3"})
    assert (settings.settle, settings.workers, settings.max_invalid) == (4.0, 3, 0.25)


def test_the_environment_may_name_the_config_file(tmp_path: Path) -> None:
    path = config(tmp_path, "settle = 7.5")
    assert load({}, {"WATCHER_CONFIG": str(path)}).settle == 7.5


def test_an_empty_variable_counts_as_absent() -> None:
    assert load({}, {"WATCHER_SETTLE": ""}).settle == 1.0


def test_a_flag_can_undo_a_variable() -> None:
    environ = {"WATCHER_SCAN_INTERVAL": "9", "WATCHER_METRICS_PORT": "9100", "WATCHER_CONFIG": "absent.toml"}
    settings = load({"scan_interval": "auto", "metrics_port": "off", "config": "none"}, environ)
    assert (settings.scan_interval, settings.metrics_port, settings.config) == (None, None, None)


def test_without_a_given_environment_the_process_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHER_SETTLE", "11")
    assert load({}).settle == 11.0


def test_the_profile_tables_of_the_file_become_profiles(tmp_path: Path) -> None:
    path = config(tmp_path, "settle = 0\n[channels.voltage]\nmax = 40.0\n")
    profiles = load({"config": path}, {}).profiles
    assert profiles.for_name(b"a.csv").channels.voltage.max == 40.0


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        load({}, {}).settle = 2.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1048576", 1048576), ("64MiB", 67108864), ("2gib", 2147483648), ("65536 KiB", 67108864)],
)
def test_a_size_is_bytes_or_has_a_binary_unit(text: str, expected: int) -> None:
    assert load({"max_file_bytes": text}, {}).max_file_bytes == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("settle", "-1"),
        ("settle", "nan"),
        ("settle", "inf"),
        ("settle", "soon"),
        ("workers", "0"),
        ("workers", "1.5"),
        ("workers", "257"),
        ("scan_interval", "0"),
        ("watch", "poll"),
        ("max_file_bytes", "1GB"),
        ("max_file_bytes", "-5"),
        ("file_memory", "1MiB"),
        ("max_invalid", "1.01"),
        ("metrics_port", "65536"),
        ("engine", "dask"),
        ("engine", "tcp://scheduler"),
        ("engine", "tcp://scheduler:0"),
        ("engine", "http://scheduler:8786"),
        ("log_level", "trace"),
        ("data_dir", ""),
    ],
)
def test_a_wrong_flag_is_named_with_its_value_and_what_is_allowed(name: str, value: str) -> None:
    message = settings_error({name: value})
    assert message.startswith(f"--{name.replace('_', '-')} is {value!r}; allowed: ")
    assert message.endswith(TABLE[name].kind.allowed)


def test_a_wrong_variable_is_named_as_the_variable() -> None:
    assert (
        settings_error({}, {"WATCHER_SETTLE": "x"})
        == "WATCHER_SETTLE is 'x'; allowed: a number from 0 to 86400"
    )


@pytest.mark.parametrize("text", ["true", "[1]", "{ a = 1 }", "2020-01-01"])
def test_a_wrong_type_in_the_file_is_named_with_the_file_and_the_key(tmp_path: Path, text: str) -> None:
    path = config(tmp_path, f"settle = {text}")
    assert settings_error({"config": path}).startswith(f"{path}: settle is ")


def test_an_unknown_variable_is_ignored_with_a_warning_that_names_the_nearest_setting() -> None:
    environ = {"WATCHER_SETTEL": "5", "WATCHER_settle": "5", "WATCHER_SETTLE": "", "HOME": "/"}
    assert load({}, environ).settle == 1
    warning = "is not a setting; the nearest is WATCHER_SETTLE; it is ignored"
    assert unknown_variables(environ) == [f"'WATCHER_SETTEL' {warning}", f"'WATCHER_settle' {warning}"]


@pytest.mark.parametrize("name", ["WATCHER_FOO", "WATCHER_PORT", "WATCHER_SERVICE_HOST"])
def test_a_setting_that_is_not_near_is_not_named(name: str) -> None:
    assert unknown_variables({name: "1"}) == [f"{name!r} is not a setting; it is ignored"]


def test_an_unknown_key_of_the_file_is_an_error_that_names_the_nearest_setting(tmp_path: Path) -> None:
    path = config(tmp_path, "setle = 1")
    assert settings_error({"config": path}) == f"{path}: 'setle' is not a setting; the nearest is settle"


def test_a_config_file_cannot_name_another(tmp_path: Path) -> None:
    path = config(tmp_path, "config = 'other.toml'")
    assert "'config' is not a setting" in settings_error({"config": path})


def test_one_key_in_two_spellings_is_an_error(tmp_path: Path) -> None:
    path = config(tmp_path, "scan-interval = 1\nscan_interval = 2")
    assert settings_error({"config": path}).endswith("scan_interval is set twice; keep one spelling")


def test_an_unknown_key_of_a_profile_is_named_by_its_full_path(tmp_path: Path) -> None:
    path = config(tmp_path, "[channels.voltage]\nmaximum = 40.0\n")
    message = settings_error({"config": path})
    assert message.startswith(f"{path}: channels.voltage.maximum")


def test_a_byte_order_mark_before_the_settings_is_none_of_them(tmp_path: Path) -> None:
    assert load({"config": config(tmp_path, "\ufeffsettle = 7\n")}, {}).settle == 7


def test_a_syntax_error_is_named_with_its_line(tmp_path: Path) -> None:
    path = config(tmp_path, "settle = 1\nworkers = = 2\n")
    message = settings_error({"config": path})
    assert message.startswith(f"{path}: not TOML: ")
    assert "line 2" in message


@pytest.mark.parametrize("content", [b"settle = '\xff'", b"a = " + b"[" * 100_000])
def test_a_file_that_is_not_toml_is_an_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)
    assert settings_error({"config": path}).startswith(f"{path}: ")


def test_a_file_in_another_encoding_is_said_to_be_so(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("settle = 1\n", "utf-16")
    assert settings_error({"config": path}) == f"{path}: not UTF-8 text: save it as UTF-8"


def test_a_missing_config_file_is_an_error(tmp_path: Path) -> None:
    assert settings_error({"config": tmp_path / "x.toml"}).endswith(
        "x.toml: cannot be read: No such file or directory"
    )


def test_every_setting_has_a_flag_whose_help_names_its_default() -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    text = " ".join(parser.format_help().split())
    for name, setting in TABLE.items():
        assert f"--{name.replace('_', '-')} {setting.kind.metavar} " in text
        assert f"{setting.help} (default: {setting.default})" in text


def test_a_flag_that_was_not_given_is_absent() -> None:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    assert vars(parser.parse_args(["--settle", "0"])) == {"settle": "0"}


def test_other_names_among_the_flags_are_ignored() -> None:
    assert load({"once": True, "settle": None}, {}) == load({}, {})
    assert isinstance(load({}, {}), Settings)


def test_the_file_may_have_a_list_of_suffixes_and_no_other_list(tmp_path: Path) -> None:
    path = config(tmp_path, 'suffixes = [".txt", "dat.gz"]\n')
    assert load({"config": str(path)}, {}).suffixes == (b".txt", b".txt.gz", b".dat.gz")
    assert load({"config": str(path)}, {"WATCHER_SUFFIXES": "log"}).suffixes == (b".log", b".log.gz")
    path = config(tmp_path, "settle = ['1']\n")
    assert "settle is ['1']; allowed:" in settings_error({"config": str(path)})
    path = config(tmp_path, "suffixes = [1]\n")
    assert "suffixes is [1]; allowed: all, or" in settings_error({"config": str(path)})


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, "python -m watcher retry"),
        ({"data_dir": "./data"}, "python -m watcher retry"),
        ({"data_dir": "/srv/my data"}, "python -m watcher retry --data-dir '/srv/my data'"),
        ({"data_dir": "-x"}, "python -m watcher retry --data-dir ./-x"),
        ({"data_dir": "a\nb"}, r"python -m watcher retry --data-dir $'a\x0ab'"),
    ],
)
def test_a_command_to_copy_names_a_folder_that_is_not_the_default(
    flags: dict[str, object], expected: str
) -> None:
    assert command_line("retry", load(flags, {})) == expected


@pytest.mark.parametrize("is_container", [False, True])
def test_a_command_to_copy_has_what_the_variables_of_its_process_do_not_say(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    is_container: bool,  # noqa: FBT001 - a case
) -> None:
    path = str(config(tmp_path, ""))
    monkeypatch.setattr("watcher.preflight.fixes.is_container", lambda: is_container)
    monkeypatch.setenv("WATCHER_CONFIG", path)
    flags = {"data_dir": "/srv"}
    found = f"python -m watcher accept --data-dir /srv{'' if is_container else f' --config {path}'}"
    assert command_line("accept", load(flags)) == found
    without = load({"config": "none"})
    assert command_line("accept", without) == f"python -m watcher accept{' --config none' * is_container}"
