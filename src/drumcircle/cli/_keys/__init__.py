"""What ``drumcircle keys`` is made of: who has which keys, what a terminal's bytes mean, and how they are read."""
