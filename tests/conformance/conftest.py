"""The modules beside the tests: tests/ is no package, so this folder is put where imports look."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
