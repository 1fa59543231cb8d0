"""Sealed pages: HTML that needs nothing else, and may ask for nothing else."""

import base64
import hashlib
import html

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
<noscript>This page computes in the browser: it needs JavaScript.</noscript>
<script{kind}>{script}</script>
</body>
</html>
"""


def sealed(title: str, style: str, body: str, script: str, *, module: bool = False) -> str:
    """Return a page whose policy forbids every request, and every style and script but its own.

    Parameters
    ----------
    title : as the user wrote it; the other parts are HTML, CSS and JavaScript already.
    module : whether the script is a module of JavaScript.

    >>> "default-src 'none'; script-src 'sha256-" in sealed("f", "", "<p>", "let x = 1")
    True
    """
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    return PAGE.format(
        policy=policy, title=html.escape(title), style=style, body=body, script=script,
        kind=' type="module"' if module else "",
    )  # fmt: skip


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
