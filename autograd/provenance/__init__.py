"""What the user's code knows: the names of its values, the lines and calls that made them."""
