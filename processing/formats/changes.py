"""Changes of a profile: tables merged over tables."""

from typing import Any

import msgspec

from processing.model.profile import Profile


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `base` with these changes, which may be nested tables.

    `limits = "unknown"` replaces `min` and `max`, and the reverse.
    """
    result = dict(base)
    for one, others in (("limits", ("min", "max")), ("min", ("limits",)), ("max", ("limits",))):
        if one in changes:
            result.update(dict.fromkeys(result.keys() & others))
    for key, value in changes.items():
        below = result.get(key)
        result[key] = merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
    return result


def with_changes(profile: Profile, changes: dict[str, Any]) -> Profile:
    """Return the profile with the changes of a choice. Raises ValueError if they are not allowed."""
    sections = {
        key: (getattr(profile, key), changes[key]) for key in ("csv", "channels", "period") if key in changes
    }
    return msgspec.structs.replace(
        profile,
        **{
            key: msgspec.convert(merged(msgspec.to_builtins(section), change), type(section))
            for key, (section, change) in sections.items()
        },
    )
