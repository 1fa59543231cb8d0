"""ONNX: a program as a graph of operators."""
