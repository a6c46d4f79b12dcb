"""The tree as the house tests see it: its files, and what each module imports, at any depth."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("config", "crypto", "desk", "directory", "relay")
PLACES = (*ROOMS, "bench", "deploy", "docs", "tests", ".ci")
MADE_BY_TOOLS = {"__pycache__", "node_modules", "build", "dist"}
DYNAMIC_IMPORTS = {"import_module", "__import__"}


@dataclass(frozen=True, slots=True)
class Import:
    """One imported name, absolute: `from a import b` counts as `a.b`."""

    name: str
    line: int


def files(*places: str, suffix: str = "") -> list[Path]:
    """Every file under the named top-level folders that is ours (not made by a tool), in order."""
    return sorted(
        path
        for place in places
        for path in (ROOT / place).rglob(f"*{suffix}")
        if path.is_file() and not MADE_BY_TOOLS.intersection(path.relative_to(ROOT).parts)
    )


def shown(path: Path) -> str:
    """The path as a person in the tree would write it."""
    return path.relative_to(ROOT).as_posix()


def module_name(path: Path) -> str:
    """`directory/judge.py` is `directory.judge`; a package's `__init__.py` is the package."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def module_file(name: str) -> Path | None:
    """The file of a module in the tree, or nothing when there is none of that name."""
    base = ROOT.joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def tree(path: Path) -> ast.Module:
    """The parsed source of one file."""
    return ast.parse(path.read_text("utf-8"), filename=str(path))


def imports(path: Path) -> list[Import]:
    """Everything the file imports."""
    return list(imports_in(tree(path), module_name(path), is_package=path.name == "__init__.py"))


def imports_in(source: ast.Module, module: str, *, is_package: bool) -> Iterator[Import]:
    """Every import in a source: relative, inside functions, for type checking only, or by a constant name."""
    package = module.split(".") if is_package else module.split(".")[:-1]
    for node in ast.walk(source):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            for alias in node.names:
                yield Import(".".join([*base, *filter(None, [node.module]), alias.name]), node.lineno)
        elif isinstance(node, ast.Call) and _name(node.func) in DYNAMIC_IMPORTS:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield Import(argument.value, node.lineno)


def _name(function: ast.expr) -> str:
    """The last part of what is called: `import_module` for `importlib.import_module`."""
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def within(name: str, parents: set[str]) -> bool:
    """Whether a dotted name is one of the parents or lies below one."""
    return any(name == parent or name.startswith(f"{parent}.") for parent in parents)


def reached(path: Path) -> dict[Path, Path]:
    """Every module of ours that importing this one runs, each with the module that asked for it."""
    found = {path: path}
    waiting = [path]
    while waiting:
        asker = waiting.pop()
        for name in [module_name(asker), *(found_import.name for found_import in imports(asker))]:
            parts = name.split(".")
            if parts[0] not in ROOMS:
                continue
            for length in range(1, len(parts) + 1):
                target = module_file(".".join(parts[:length]))
                if target is not None and target not in found:
                    found[target] = asker
                    waiting.append(target)
    return found
