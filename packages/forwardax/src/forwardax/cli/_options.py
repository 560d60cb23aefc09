"""Options that several verbs have."""

from __future__ import annotations

import click

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document."
)
"""`main` looks for it as well, so that errors come as JSON too."""
