"""Lab packs: one folder for each lab, with its lab file, solution and mistakes."""
