from numpy.fft import *  # noqa: F403  # NumPy's own, which the package enters under this name
