"""Virtual players: people with known timing, for demonstrations, tests and rehearsals."""
