"""Source for mutation: what `mutmut` leaves alone is written so that it does not.

    MOST = 8                                   MOST = 8

    @property                                  def whole_bare(self) -> bool:
    def whole(self) -> bool:          ⇒            return len(self.parts) == 8
        return len(self.parts) == MOST         whole = property(whole_bare)

1. `mutmut` changes no decorated function: its decorator is called below it instead.
2. It changes nothing outside functions: a whole number that has a name stands where the name stood, in each function.
   Messages keep the name.
"""

import ast
from collections.abc import Iterator

BARE = "_bare"


def mutable(source: str) -> str:
    """The source with plain functions and plain numbers."""
    return undecorated(with_numbers(source))


def with_numbers(source: str) -> str:
    """The source with numbers in the place of their names (rule 2)."""
    module = ast.parse(source)
    numbers = {
        each.targets[0].id: ast.unparse(each.value) if _is_plain(each.value) else f"({ast.unparse(each.value)})"
        for each in module.body
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name) and _is_number(each.value)
    }
    lines = [line.encode() for line in source.splitlines(keepends=True)]
    functions = [each for each in ast.walk(module) if isinstance(each, ast.FunctionDef)]
    places = {
        (name.lineno, name.col_offset): name.id
        for function in functions
        for statement in function.body
        for name in _names(statement)
        if name.id in numbers
    }
    for (line, column), name in sorted(places.items(), reverse=True):
        old = lines[line - 1]
        lines[line - 1] = old[:column] + numbers[name].encode() + old[column + len(name) :]
    return b"".join(lines).decode()


def undecorated(source: str) -> str:
    """The source with decorators called below their functions (rule 1); class and static methods stay as they are."""
    lines = source.splitlines(keepends=True)
    functions = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.FunctionDef)]
    for each in sorted(functions, key=lambda function: -function.lineno):
        if len(each.decorator_list) != 1 or ast.unparse(each.body[-1]) == "...":
            continue
        decorator = each.decorator_list[0]
        if ast.unparse(decorator) in ("classmethod", "staticmethod"):
            continue
        assert each.end_lineno is not None
        first = lines[each.lineno - 1].replace(f"def {each.name}(", f"def {each.name}{BARE}(")
        call = f"{' ' * each.col_offset}{each.name} = {ast.unparse(decorator)}({each.name}{BARE})\n"
        lines[each.lineno - 1 : each.end_lineno] = [first, *lines[each.lineno : each.end_lineno], call]
        del lines[decorator.lineno - 1]
    return "".join(lines)


def _is_plain(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant)


def _is_number(value: ast.expr) -> bool:
    """Whether an expression is a whole number, computed or not."""
    plain = (ast.Constant, ast.BinOp, ast.operator, ast.UnaryOp, ast.unaryop)
    if not all(isinstance(each, plain) for each in ast.walk(value)):
        return False
    return all(type(each.value) is int for each in ast.walk(value) if isinstance(each, ast.Constant))


def _names(node: ast.AST) -> Iterator[ast.Name]:
    """The names that are read in a piece of code, those in f-strings aside."""
    if isinstance(node, ast.JoinedStr):
        return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node
    for child in ast.iter_child_nodes(node):
        yield from _names(child)
