"""No source file over 300 lines, no function over 60: the rule, and that the rule sees what it should."""

from pathlib import Path

from deploy.checks.sizes import python_functions, source_files, too_long, typescript_functions

ROOT = Path(__file__).resolve().parents[2]


def test_no_file_and_no_function_is_too_long() -> None:
    found = [str(long) for path in source_files(ROOT) for long in too_long(path)]
    assert not found, "\n".join(found)


def test_a_long_python_function_is_seen() -> None:
    body = "\n".join("    x = 1" for _ in range(70))
    assert dict(python_functions(f"async def long():\n{body}\n")) == {"long": 71}


def test_a_long_typescript_function_is_seen() -> None:
    body = "\n".join("  run();" for _ in range(70))
    for opening in (
        "export function Chat() {",
        "const f = async () => {",
        "export default async function (a: X) {",
    ):
        assert [lines for _, lines in typescript_functions(f"{opening}\n{body}\n}}\n")] == [72]


def test_a_typescript_method_ends_where_its_indentation_does() -> None:
    text = "class A {\n  run(a: number) {\n    if (a) {\n    }\n  }\n  stop() {\n  }\n}\n"
    assert [lines for _, lines in typescript_functions(text)] == [4, 2]


def test_a_long_file_is_seen(tmp_path: Path) -> None:
    path = tmp_path / "long.py"
    path.write_text("x = 1\n" * 301)
    assert [str(long) for long in too_long(path)] == [f"{path}: the file has 301 lines"]
