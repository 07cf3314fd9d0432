"""No example of a property has a deadline: on a busy machine any of them may be slow."""

from hypothesis import settings

settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
