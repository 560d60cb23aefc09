"""Fail on files over 100 KB that tools/large_files.txt gives no reason for."""

import subprocess
import sys
from pathlib import Path

LIMIT = 100 * 1024
ROOT = Path(__file__).resolve().parent.parent
LISTED = ROOT / "tools" / "large_files.txt"


def main() -> int:
    reasons = {}
    for line in LISTED.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            path, _, reason = line.partition(" ")
            reasons[path] = reason.strip()
    # Tracked files, and those that the next commit would pick up.
    command = ["git", "ls-files", "-z", "--cached", "--others"]
    names = subprocess.check_output(
        [*command, "--exclude-standard"], cwd=ROOT, text=True
    ).split("\0")
    files = [name for name in names if name and (ROOT / name).is_file()]
    sizes = {name: (ROOT / name).stat().st_size for name in files}
    large = {name: size for name, size in sizes.items() if size > LIMIT}
    faults = [
        f"{name}: {size / 1024:.0f} KB; make it smaller, or list it with a "
        f"reason in {LISTED.relative_to(ROOT)}"
        for name, size in sorted(large.items())
        if not reasons.get(name)
    ]
    faults += [
        f"{name}: listed in {LISTED.relative_to(ROOT)}, but there is no such "
        "large file"
        for name in sorted(reasons.keys() - large.keys())
    ]
    print("\n".join(faults) or f"no unlisted file over {LIMIT // 1024} KB")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
