"""Further code, packed beside the source folder."""


def describe() -> str:
    """Tell where it comes from."""
    return "external dependency"
