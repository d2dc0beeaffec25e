"""``drumcircle analyse``: recordings of any kind into the measures of who played when."""
