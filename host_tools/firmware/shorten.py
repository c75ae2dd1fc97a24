"""Short private names for what goes onto the board, where every name new to the interpreter costs heap.

Names that begin with one underscore belong to their module, so each module's are numbered anew, and all
modules share the few that result. What a module does is unchanged, and so are its lines. A module that
reaches for another one's private name could not be shortened safely and is refused.
"""

import ast
import io
import keyword
import string
import tokenize
from collections import Counter
from collections.abc import Iterator
from itertools import product


class ForeignPrivateName(Exception):
    """A module uses a private name that it does not define; the message names it and its line."""


def shorten(source: str) -> str:
    """The same module with short private names. Raises SyntaxError or ForeignPrivateName."""
    _refuse_foreign(ast.parse(source))
    tokens = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if _private(token)]
    counted = Counter(_name_in(token) for token in tokens if token.type == tokenize.NAME)
    short = dict(zip((name for name, _ in counted.most_common()), _short_names(), strict=False))
    lines = source.splitlines(keepends=True)
    for token in reversed(tokens):
        name = _name_in(token)
        if name in short:
            row, begin = token.start[0] - 1, token.start[1]
            end = token.end[1]
            lines[row] = lines[row][:begin] + token.string.replace(name, short[name]) + lines[row][end:]
    return "".join(lines)


def _short_names() -> Iterator[str]:
    for length in (1, 2):
        for letters in product(string.ascii_letters, repeat=length):
            if not keyword.iskeyword("".join(letters)):
                yield "_" + "".join(letters)


def _private(token: tokenize.TokenInfo) -> bool:
    """A private name, or a string that is nothing but one: what `getattr` is given."""
    return token.type in (tokenize.NAME, tokenize.STRING) and _is_private(_name_in(token))


def _name_in(token: tokenize.TokenInfo) -> str:
    return token.string.strip("\"'") if token.type == tokenize.STRING else token.string


def _is_private(name: str) -> bool:
    return len(name) > 1 and name.startswith("_") and not name.startswith("__") and name.isidentifier()


def _refuse_foreign(tree: ast.Module) -> None:
    own = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
    }
    own |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    own |= {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            _refuse(node.lineno, {node.attr} - own)
        elif isinstance(node, ast.ImportFrom):
            _refuse(node.lineno, {alias.name for alias in node.names})


def _refuse(line: int, names: set[str]) -> None:
    for name in filter(_is_private, names):
        raise ForeignPrivateName(f"line {line}: {name} belongs to another module")
