"""How fast time goes: a factor for what AWS lets a client wait for, how late logs are, and AWS's clock.

All of it can be changed while the server runs.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sagemaker_local.protocol.clock import clock


@dataclass
class Pace:
    """`time_scale`: factor for waits and grace periods; `log_delay`: seconds from a line's print to its being read.

    `clock_ahead`: seconds by which AWS's clock was before this machine's when it was set; `clock_rate`: how many times
    as fast it goes since.
    """

    time_scale: float = 1.0
    log_delay: float = 0.0
    clock_ahead: float = 0.0
    clock_rate: float = 1.0

    def change(self, values: object) -> None:
        """Set what a JSON object names. Raises ValueError that names the field."""
        if not isinstance(values, dict) or not set(values) <= set(asdict(self)):
            raise ValueError(f"an object with some of {', '.join(f'`{name}`' for name in asdict(self))} is expected")
        for name, value in values.items():
            is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
            if name in ("time_scale", "clock_rate") and not (is_number and value > 0):
                raise ValueError(f"{name}: must be a number that is greater than 0")
            if name == "log_delay" and not (is_number and value >= 0):
                raise ValueError(f"{name}: must be a number that is not negative")
            if not is_number:
                raise ValueError(f"{name}: must be a number")
        for name, value in values.items():
            setattr(self, name, float(value))
        if {"clock_ahead", "clock_rate"} & set(values):
            clock.set(self.clock_ahead, self.clock_rate)

    def as_json(self) -> dict[str, float]:
        """As the side URL shows it, with AWS's time: `clock`, in seconds since 1970."""
        return {**asdict(self), "clock": clock.now()}
