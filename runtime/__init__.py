"""Program and snapshot to results. Imports `program/` only: no compiler, no YAML, no grammar."""
