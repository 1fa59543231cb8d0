from typing import Any

def __getattr__(name: str) -> Any: ...  # the package, which it enters under this name
