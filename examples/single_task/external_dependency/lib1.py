"""Further code, packed beside the source folder."""

print("-- External Lib1 imported!")
