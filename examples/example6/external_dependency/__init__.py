"""A package beside the source folder."""
