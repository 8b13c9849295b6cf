"""The lab packs: a folder for each lab, with its lab file, its solution and its mistakes."""
