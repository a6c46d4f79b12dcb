"""`mutmut` in the folder at hand, with what `tests/mutants.py` asks of it beyond its settings.

    python tests/mutants_run.py CHILDREN RESULTS     # RESULTS: a JSON file of [name, state, diff] for every change

1. Words for people are left alone: a string with a space between words, and the name of an encoding in another case.
   Their tests stand where people read them.
2. The tests that noticed the last changes of a function come first for its next one; then the quick ones.
3. What was remembered before a change (`functools.cache`) is forgotten, so that nothing of the unchanged code helps;
   and before each test of the first run, which shows what code the test comes by.
4. A test notices a change if it fails for it twice: on a busy machine one may fail once for nothing, and would make a
   survivor seem noticed.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

KILLERS = 6  # tests tried first
ROOMS = ("config", "crypto", "desk", "directory", "relay")
ENCODINGS = ("ascii", "utf-8")
_WORDS = re.compile(r"\w[,;:]? \w")

cst: Any = import_module("libcst")
mutators: Any = import_module("mutmut.mutation.mutators")
mutmut: Any = import_module("mutmut.__main__")
trampoline: Any = import_module("mutmut.mutation.trampoline")
names: Any = import_module("mutmut.utils.format_utils")
runner: Any = import_module("mutmut.runners.harness").PytestRunner


def is_prose(node: Any) -> bool:
    """Whether an expression is a text for people."""
    if isinstance(node, cst.ConcatenatedString):
        return is_prose(node.left) or is_prose(node.right)
    if isinstance(node, cst.FormattedString):
        return any(isinstance(each, cst.FormattedStringText) and _WORDS.search(each.value) for each in node.parts)
    return isinstance(node, cst.SimpleString) and "b" not in node.prefix and bool(_WORDS.search(node.value))


def strings(node: Any) -> Iterator[Any]:
    """The changes of a string, unless it is prose."""
    for changed in mutators.operator_string(node):
        if not is_prose(node) and not (node.raw_value in ENCODINGS and changed.raw_value.lower() == node.raw_value):
            yield changed


def arguments(node: Any) -> Iterator[Any]:
    """The changes of a call that take an argument away, unless it is prose."""
    for changed in mutators.operator_arg_removal(node):
        kept = {id(each.value) for each in changed.args}
        if not all(is_prose(each.value) for each in node.args if id(each.value) not in kept):
            yield changed


def use_operators() -> None:
    """Put our two operators in the place of mutmut's."""
    ours: dict[Any, Any] = {mutators.operator_string: strings, mutators.operator_arg_removal: arguments}
    table: list[tuple[type, Callable[[Any], Iterable[Any]]]] = mutators.mutation_operators
    table[:] = [(kind, ours.pop(operator, operator)) for kind, operator in table]
    assert not ours, "mutmut has other operators now"


class Forgets:
    """Lets no test profit from what another one has made."""

    def pytest_runtest_setup(self) -> None:
        forget()


class Runner(runner):  # type: ignore[misc]  # mutmut has no types where it is not installed
    """Runs all tests once, and then those of one change, in a process of its own."""

    def execute_pytest(self, params: list[str], **options: Any) -> int:
        plugins = [*options.pop("plugins", ()), *([Forgets()] if trampoline.get_mutant_under_test() == "stats" else [])]
        return int(super().execute_pytest(params, plugins=plugins, **options))

    def run_tests(self, *, mutant_name: str | None, tests: Iterable[str]) -> int:
        if mutant_name is None:
            return int(super().run_tests(mutant_name=None, tests=tests))
        forget()
        notes = Path(f"killers-{names.mangled_name_from_mutant_name(mutant_name)}").absolute()
        known = notes.read_text("utf-8").split("\n") if notes.exists() else []
        all_tests = list(tests)
        first = [each for each in dict.fromkeys(known) if each in set(all_tests)][:KILLERS]
        code = 0
        for batch in (first, [each for each in all_tests if each not in first]):
            if batch and code == 0:
                code = self.noticed_by(batch, notes, known)
        return code

    def noticed_by(self, batch: list[str], notes: Path, known: list[str]) -> int:
        """The exit code of some tests; the one that failed, twice, is written down as the first to try (rule 4)."""
        while batch:
            code, failed = self.failed(batch)
            if code == 0 or failed not in batch:
                return code
            if self.failed([failed])[0]:
                notes.write_text("\n".join([failed, *known]), "utf-8")
                return code
            batch = batch[batch.index(failed) + 1 :]
        return 0

    def failed(self, batch: list[str]) -> tuple[int, str]:
        """The exit code of some tests, and which of them failed."""
        found: list[str] = []

        class Noticed:
            def pytest_runtest_logreport(self, report: Any) -> None:
                if report.failed:
                    found.append(report.nodeid)

        with import_module("mutmut.utils.file_utils").change_cwd("mutants"):
            code = int(self.execute_pytest(self._pytest_args_regular_run(batch), plugins=[Noticed()]))
        return code, (found or [""])[0]


def forget() -> None:
    """Forget what functions of the rooms remember, and those that make the tests' worlds of the directory."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] in ROOMS or name.startswith("directory_"):
            for each in list(vars(module).values()):
                if callable(clear := getattr(each, "cache_clear", None)):
                    clear()


def results() -> Iterator[tuple[str, str, str]]:
    """Every change, whether it was noticed, and its diff."""
    _, data = mutmut.collect_source_file_mutation_data(mutant_names=())
    for path, each in data.items():
        for name, code in each.exit_code_by_key.items():
            state = mutmut.status_by_exit_code[code]
            yield name, state, "" if state == "killed" else mutmut.get_diff_for_mutant(name, path=path)


if __name__ == "__main__":
    use_operators()
    isolation: Any = import_module("mutmut.workers.isolation")
    isolation.PytestRunner = Runner
    mutmut._run((), int(sys.argv[1]))
    Path(sys.argv[2]).write_text(json.dumps(list(results())), "utf-8")
