"""A package of the source folder."""
