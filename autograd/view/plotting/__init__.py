"""Plots of functions, paths and regions; they need matplotlib."""
