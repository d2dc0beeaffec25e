"""``drumcircle sessions amend``: who had which pad, said after the evening."""
