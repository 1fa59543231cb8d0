"""Writing in place: who holds an array, which value an operation saw, what was rewritten."""
