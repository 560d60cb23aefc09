"""Look into built wheels and sdists for the files that builds forget."""

import sys
import tarfile
import zipfile
from pathlib import Path

WANTED = ("/py.typed", "/LICENSE")


def names(archive: Path) -> list[str]:
    if archive.suffix == ".whl":
        return zipfile.ZipFile(archive).namelist()
    with tarfile.open(archive) as tar:
        return tar.getnames()


def main(folder: str) -> int:
    archives = sorted(
        path
        for path in Path(folder).iterdir()
        if path.name.endswith((".whl", ".tar.gz"))
    )
    missing = [
        f"{archive.name}: no file {wanted}"
        for archive in archives
        for wanted in WANTED
        if not any(name.endswith(wanted) for name in names(archive))
    ]
    print("\n".join(missing) or f"{len(archives)} archives are complete")
    return bool(missing) or not archives


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
