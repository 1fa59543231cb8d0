"""What `autograd.functional` and `vmap` stand on: calls on variables of their own, and batches."""
