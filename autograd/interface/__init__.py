"""What users call: how Tensors are made, and their words, which are NumPy's and PyTorch's."""
