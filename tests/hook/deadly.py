"""Loaded into the workers of a Dask cluster: over the return of agency 003 they die."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def dask_setup(worker):
    from xltools.collection import reading as intake

    really = intake.read_package

    def read(data, name, *rest, **how):
        if Path(name).name.startswith("003_"):
            os.kill(os.getpid(), signal.SIGKILL)
        return really(data, name, *rest, **how)

    intake.read_package = read
