"""The parts of the backward pass: where it begins, one operation of it, and how it is watched."""
