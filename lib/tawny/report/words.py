"""Numbers as a person reads them."""

from datetime import date


def count(value: float) -> str:
    """A whole number with its thousands apart.

    >>> count(1234567.0), count(12.5), count(2_500_000_000)
    ('1,234,567', '12.5', '2,500,000,000')
    """
    return f"{value:,.1f}" if abs(value) < 100 and value != round(value) else f"{value:,.0f}"


def metric(value: float) -> str:
    """A metric in [0, 1].

    >>> metric(0.21345)
    '0.2135'
    """
    return f"{value:.4f}"


def share(value: float) -> str:
    """A share in percent, with as many digits as say something.

    >>> share(0.4321), share(0.0042), share(0.9993), share(1.0)
    ('43.2 %', '0.42 %', '99.93 %', '100 %')
    """
    percent = 100 * value
    digits = 0 if percent in (0.0, 100.0) else 2 if abs(percent) < 1 or 99 < percent < 100 else 1
    return f"{percent:.{digits}f} %"


def bits(value: float) -> str:
    """Novelty.

    >>> bits(7.4321)
    '7.43'
    """
    return f"{value:.2f}"


def seconds(value: float) -> str:
    """A duration.

    >>> seconds(0.43), seconds(75.2), seconds(4030)
    ('0.4 s', '1 min 15 s', '1 h 07 min')
    """
    if value < 60:
        return f"{value:.1f} s"
    minutes, rest = divmod(round(value), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def memory(n_bytes: float) -> str:
    """Bytes in the units of memory.

    >>> memory(1_500_000_000), memory(300_000_000)
    ('1.4 GiB', '286 MiB')
    """
    return f"{n_bytes / 2**30:.1f} GiB" if n_bytes >= 2**30 else f"{n_bytes / 2**20:,.0f} MiB"


def day(value: date) -> str:
    """A date with its weekday, because a shop has weeks.

    >>> day(date(2026, 11, 23))
    'Mon 2026-11-23'
    """
    return f"{value:%a} {value.isoformat()}"


def plural(n: int, one: str, many: str | None = None) -> str:
    """A count and its noun.

    >>> plural(1, "night"), plural(2, "night")
    ('1 night', '2 nights')
    """
    return f"{n:,} {one if n == 1 else many or one + 's'}"
