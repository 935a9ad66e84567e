"""`python -m explorer.portable FOLDER`: make a checkpoint's portable parts; a process of its own keeps the server lean."""

import os
import sys

from explorer.checkpoints import Checkpoint
from explorer.portable.parts import make

if hasattr(os, "nice"):
    os.nice(10)  # whoever waits for the server goes first
make(Checkpoint.load(sys.argv[1]))
