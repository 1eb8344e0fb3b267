"""The modules of this folder stand on the path, as they do for ``run.py``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
