"""How fast time goes: a factor for what AWS lets a client wait for, and how late logs are. Changed while serving."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class Pace:
    """`time_scale`: factor for waits and grace periods; `log_delay`: seconds from a line's print to its being read."""

    time_scale: float = 1.0
    log_delay: float = 0.0

    def change(self, values: object) -> None:
        """Set what a JSON object names. Raises ValueError that names the field."""
        if not isinstance(values, dict) or not set(values) <= {"time_scale", "log_delay"}:
            raise ValueError("an object with `time_scale`, `log_delay` or both is expected")
        for name, value in values.items():
            least = "greater than 0" if name == "time_scale" else "not negative"
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, float))
                or value < 0
                or (name == "time_scale" and not value)
            ):
                raise ValueError(f"{name}: must be a number that is {least}")
        for name, value in values.items():
            setattr(self, name, float(value))
