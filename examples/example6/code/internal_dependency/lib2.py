"""A part of the source folder."""


def describe() -> str:
    """Tell where it comes from."""
    return "internal dependency"
