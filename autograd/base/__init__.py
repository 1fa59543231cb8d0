"""What everything else stands on: errors, files, threads, settings. It knows of NumPy only."""
