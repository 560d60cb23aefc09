"""The table's modules import each other by name: their folder is a path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
