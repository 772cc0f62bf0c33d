"""The files of a batch: taken up again after a kill, refused when they do not belong together."""

import json
from pathlib import Path

import pytest

from services.cli.adapters.files import JobFile, open_results
from services.cli.domain import ResultLine
from shared.errors import Conflict, InvalidRequest


def jobs(folder: Path, count: int) -> JobFile:
    path = folder / "jobs.jsonl"
    path.write_text("".join(json.dumps({"id": f"j{n}", "prompt": str(n)}) + "\n\n" for n in range(count)))
    return JobFile(path)


def write(path: Path, *ids: str) -> None:
    with open_results(path) as results:
        for id in ids:
            results.write(ResultLine(id=id, text="…"))


def test_goes_on_after_the_last_whole_result(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    write(path, "j0", "j1")
    with path.open("ab") as file:
        file.write(b'{"id":"j2","text":"half of a li')
    with open_results(path) as results:
        assert results.ids == ["j0", "j1"]
        source = jobs(tmp_path, 4)
        assert source.check(results.ids) == 4
        assert [line.id for line in source.lines(skip=len(results.ids))] == ["j2", "j3"]
        results.write(ResultLine(id="j2", text="whole"))
    assert [json.loads(line)["id"] for line in path.read_text().splitlines()] == ["j0", "j1", "j2"]


def test_two_runs_do_not_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    with open_results(path), pytest.raises(Conflict), open_results(path):
        raise AssertionError("both have it")


def test_results_of_another_input_are_not_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="another input"):
        jobs(tmp_path, 4).check(["j0", "j2"])
    with pytest.raises(InvalidRequest, match="another input"):
        jobs(tmp_path, 1).check(["j0", "j1"])


def test_a_file_that_holds_no_results_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("my notes\nmore of them\n")
    with pytest.raises(InvalidRequest, match="line 1 is no result"), open_results(path):
        raise AssertionError("taken")
    assert path.read_text() == "my notes\nmore of them\n"


def test_all_problems_are_told_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "jobs.jsonl"
    path.write_text(
        '{"prompt":"a"}\nnonsense\n{"id":"x","prompt":"a"}\n{"id":"x","prompt":"b"}\n{"prompt":""}\n'
    )
    with pytest.raises(InvalidRequest) as raised:
        JobFile(path).check([])
    told = raised.value.message
    assert [
        word in told for word in ("line 2", "line 4: the id 'x' stands in line 3", "line 5", "line 1:")
    ] == [
        True,
        True,
        True,
        False,
    ]
