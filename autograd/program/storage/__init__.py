"""Storage: a program as a file, of which nothing is believed."""
