"""The values of the domain: channels, results, flags, digests, safe text."""
