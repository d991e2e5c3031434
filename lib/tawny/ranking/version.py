"""The version that a published list carries."""

import hashlib
from collections.abc import Mapping, Sequence


def list_version(models: Mapping[str, str], blend: str, sources: Sequence[str]) -> str:
    """12 hex digits over the blend's and every source's model_version; runs_v1 and models_v1 resolve it.

    >>> list_version({"als": "a1", "popularity": "b2"}, "c3", ["popularity", "als"])
    '8bfaa8404319'
    """
    text = "/".join([f"blend={blend}", *(f"{source}={models[source]}" for source in sources)])
    return hashlib.sha256(text.encode()).hexdigest()[:12]
