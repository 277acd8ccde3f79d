"""Cases and tests import ``law``; cases are no package, so its folder goes on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
