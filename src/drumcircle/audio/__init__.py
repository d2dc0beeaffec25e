"""Click and drum, written by sample count into whatever sound device there is."""
