"""Pages that compute themselves."""
