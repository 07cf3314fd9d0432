"""Changes of a profile: tables merged over tables."""

from typing import Any

import msgspec

from processing.model.profile import Profile
from processing.values.toml_text import INLINE


def merged(base: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """Return a copy of `base` with these changes, which may be nested tables.

    `limits = "unknown"` replaces `min` and `max`, and the reverse. A column, or the rows of a device, are
    replaced as a whole. A channel that is not read keeps no keys.
    """
    result = {} if changes.get("column") is False else dict(base)
    for one, others in (("limits", ("min", "max")), ("min", ("limits",)), ("max", ("limits",))):
        if one in changes:
            result.update(dict.fromkeys(result.keys() & others))
    for key, value in changes.items():
        below = result.get(key)
        if isinstance(below, dict) and isinstance(value, dict) and key not in INLINE:
            result[key] = merged(below, value)
        else:
            result[key] = value
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
