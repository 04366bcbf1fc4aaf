"""`python -m satrail` is the command `satrail`."""

import sys

from satrail.cli import main

if __name__ == "__main__":
    sys.exit(main())
