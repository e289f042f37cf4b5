"""Times, sizes and values as people read them. Times are in UTC, as in AWS's answers."""

from __future__ import annotations

import json
from datetime import datetime, timezone

from markupsafe import Markup

_MINUTE, _HOUR = 60, 3600


def time(seconds: float | None) -> Markup | str:
    """A `<time>` element for seconds since 1970."""
    if seconds is None:
        return ""
    moment = datetime.fromtimestamp(seconds, timezone.utc)
    parted = Markup('<time datetime="{}"><span>{:%Y-%m-%d}</span> <span>{:%H:%M:%S}</span></time>')
    return parted.format(moment.isoformat(timespec="milliseconds"), moment, moment)


def clock(milliseconds: int) -> str:
    """`12:34:56.789` of milliseconds since 1970."""
    moment = datetime.fromtimestamp(milliseconds / 1000, timezone.utc)
    return f"{moment:%H:%M:%S}.{milliseconds % 1000:03d}"


def duration(seconds: float | None) -> str:
    """`1 h 2 min 3 s`."""
    if seconds is None:
        return ""
    whole = round(seconds)
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    parts = [(hours, "h"), (minutes, "min"), (left, "s")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def size(count: int) -> str:
    """Bytes in units of 1024."""
    value = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1024:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1024
    return f"{value:.1f} TiB"


def json_text(value: object) -> str:
    """JSON on several lines."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)
