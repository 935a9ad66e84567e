"""`python -m explorer.box.portable FOLDER`: make a checkpoint's portable parts; a process of its own keeps the server lean."""

import sys

from explorer.box.checkpoints import Checkpoint
from explorer.box.portable.parts import make

make(Checkpoint.load(sys.argv[1]))
