"""Digests: short names of what something holds."""

import hashlib

ID_LENGTH = 16
"""Hex digits of a digest, and so of an id that is one."""


def digest_of(*parts: object) -> str:
    """16 hex digits of the SHA-256 over the parts as text; other parts, or another order of them, give another one.

    >>> digest_of("als", 3) == digest_of("als", "3"), digest_of("a", "bc") == digest_of("ab", "c")
    (True, False)
    """
    return hashlib.sha256("/".join(map(str, parts)).encode()).hexdigest()[:ID_LENGTH]
