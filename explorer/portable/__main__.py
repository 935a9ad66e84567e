"""`python -m explorer.portable FOLDER`: make a checkpoint's portable parts; a process of its own keeps the server lean."""

import sys

from explorer.checkpoints import Checkpoint
from explorer.portable.parts import make

make(Checkpoint.load(sys.argv[1]))
