"""A group of commands whose modules are imported when they are asked for, so that `--help` is quick."""

import importlib
from collections.abc import Mapping
from typing import Any

import click


class LazyGroup(click.Group):
    """`table`: the name of each command, in the order of use, to `module:attribute`."""

    def __init__(self, *arguments: Any, table: Mapping[str, str], **options: Any):
        super().__init__(*arguments, **options)
        self._table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the table."""
        return list(self._table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now, or None."""
        if cmd_name not in self._table:
            return None
        module_name, _, attribute = self._table[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module_name), attribute)
        return command
