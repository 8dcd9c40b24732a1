"""`python -m model_router` is the same as `model-router`."""

from __future__ import annotations

import sys

from model_router.cli import main

if __name__ == "__main__":
    sys.exit(main())
