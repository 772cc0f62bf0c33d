"""uv does not read pip's configuration; a machine set up for pip (a mirror, a folder of wheels) should work.

Every package is pinned by hash, so which of the configured places answers is a matter of speed, not of trust:
that is why the strategy that uv calls unsafe is safe here.
"""

import subprocess
from collections.abc import Mapping

FROM_PIP = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
SEPARATOR = {"UV_INDEX": " ", "UV_FIND_LINKS": ","}


def uv_environment(python: str, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: the caller's, and pip's configuration where uv has no setting of its own."""
    listed = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    found = from_pip(listed.stdout)
    fixed = {"UV_INDEX_STRATEGY": "unsafe-best-match", "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    return {**fixed, **found, **environ}


def from_pip(listed: str) -> dict[str, str]:
    """Reads `pip config list`: lines such as `global.find-links='/a /b'`; the environment wins."""
    found: dict[str, str] = {}
    ranked = sorted(listed.splitlines(), key=lambda line: line.startswith(":env:"))
    for line in ranked:
        key, _, value = line.partition("=")
        name = FROM_PIP.get(key.rpartition(".")[2])
        if name:
            places = value.strip().strip("'\"").replace("\\n", " ").split()
            found[name] = SEPARATOR.get(name, " ").join(places)
    return found
