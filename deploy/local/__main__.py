"""`python -m deploy.local`: everything on this machine, until Ctrl-C or SIGTERM. `make run` calls it."""

import sys

from deploy.local.console import Console
from deploy.local.launch import launch
from deploy.local.options import parse

if __name__ == "__main__":
    sys.exit(launch(parse(sys.argv[1:]), Console.on_stdout()))
