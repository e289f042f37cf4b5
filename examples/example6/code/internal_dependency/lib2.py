"""A part of the source folder."""

print("-- Internal Lib2 imported!")
