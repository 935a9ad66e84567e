"""Set before torch or the explorer are imported: tests neither ask the network nor touch a person's cache."""

import os
import tempfile

CACHE = tempfile.TemporaryDirectory(prefix="explorer-tests-")
os.environ["EXPLORER_CACHE"] = CACHE.name
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.pop("CHECKPOINTS", None)
