"""What all tests share: seeded random numbers, a law of growth, and a guard of the settings."""

import gc
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

import autograd as ag

# a busy machine is no defect of the code
settings.register_profile("law", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("law")


@pytest.fixture
def rng():
    """Random numbers, the same in every test."""
    return np.random.default_rng(0)


@pytest.fixture
def linear():
    """Assert that the processor's time of ``prepare(n)()`` grows with n, not with its square."""

    def assert_linear(prepare, n):
        def seconds(n):
            run = prepare(n)
            gc.collect()
            start = time.thread_time()  # which a busy machine lengthens little
            run()
            return time.thread_time() - start

        seconds(n)
        few = min(seconds(n) for _ in range(3))
        assert min(seconds(16 * n) for _ in range(2)) < 50 * few  # 256, were it quadratic

    return assert_linear


@pytest.fixture(autouse=True)
def _settings():
    """Start from the same random weights; leave no setting changed behind."""
    ag.manual_seed(0)
    before = np.geterr()
    yield
    assert ag.is_grad_enabled(), "the test left recording switched off"
    assert ag.Tensor(1.0).dtype == np.float64, "the test left another default dtype"
    assert np.geterr() == before, "the test left NumPy's error handling changed"
