"""Conversations as files: what is in them, and what they are called."""

import json
import re
from urllib.parse import unquote

import pytest

from services.edge.adapters.http.attachments import attachment
from services.edge.domain.conversations import Conversation, StoredMessage, Transcript
from services.edge.domain.exports import as_json, as_markdown, filename_of
from services.edge.domain.parts import MessagePart, said
from shared.messages import Passage

SOURCES = (
    Passage("d1", "rota.md", 1, "Ada is on\ncall.", 10, 25, 0.8),
    Passage("d2", "值班.txt", 4, "夜班找小林。", 0, 6, 0.7),
)
LINE = (
    StoredMessage("q1", "user", "Who is on call?", 60.0),
    StoredMessage("a1", "assistant", "Old.", 61.0, "q1"),
    StoredMessage(
        "a2", "assistant", "Ada [1], and 小林 [2][1].\n\n```py\nrota[1]\n```\nNot [3], [1](x), `x[2]`.", 120.0, "q1",
        sources=SOURCES, model="m", reasoning="hm",
    ),
    StoredMessage("q2", "user", "Sure?", 180.0, "a2"),
    StoredMessage("a3", "assistant", "Y", 181.0, "q2", "failed", error="The engine\ngave up."),
)  # fmt: skip
TRANSCRIPT = Transcript(Conversation("c1", "Night shifts", 60.0, 181.0), LINE, "a3")

MARKDOWN = """# Night shifts

*1970-01-01 00:01 UTC – 1970-01-01 00:03 UTC*

## You · 1970-01-01 00:01 UTC

Who is on call?

## Assistant (m) · 1970-01-01 00:02 UTC

Ada [^2-1], and 小林 [^2-2][^2-1].

```py
rota[1]
```
Not [3], [1](x), `x[2]`.

## You · 1970-01-01 00:03 UTC

Sure?

## Assistant · 1970-01-01 00:03 UTC

Y

*This answer broke off: The engine gave up.*

[^2-1]: rota.md, characters 10–25: “Ada is on call.”

[^2-2]: 值班.txt, characters 0–6: “夜班找小林。”
"""


def test_markdown_has_the_current_branch_and_its_sources_as_footnotes() -> None:
    assert as_markdown(TRANSCRIPT).decode() == MARKDOWN


def test_markdown_tells_of_files_and_calls() -> None:
    call = MessagePart("tool-rota", state="output-available", input={"day": "Mon"}, output="```\nAda")
    failed = MessagePart("tool-rota", state="output-error", input={}, error_text="It is\nshut.")
    file = MessagePart(
        "file", media_type="image/png", filename="plan\n.png", url="data:image/png;base64,AA=="
    )
    line = (
        StoredMessage("q1", "user", "Who?", 60.0, parts=(file, *said("Who?"))),
        StoredMessage("a1", "assistant", "Look. Ada.", 61.0, "q1", parts=(
            MessagePart("step-start"), *said("Look.", "hm"), call, failed, *said("Ada."),
        )),
    )  # fmt: skip
    written = as_markdown(Transcript(TRANSCRIPT.conversation, line, "a1")).decode()
    assert written.partition("UTC\n\n*Attached")[2] == (
        ": plan .png*\n\nWho?\n\n## Assistant · 1970-01-01 00:01 UTC\n\nLook.\n\n*Called `rota`*\n\n"
        '```json\n{\n  "day": "Mon"\n}\n```\n\n````json\n```\nAda\n````\n\n'
        "*Called `rota`*\n\n```json\n{}\n```\n\n*It failed: It is shut.*\n\nAda.\n"
    )


def test_json_has_everything() -> None:
    whole = json.loads(as_json(TRANSCRIPT))
    assert [message["id"] for message in whole["messages"]] == ["q1", "a1", "a2", "q2", "a3"]
    assert (whole["conversation"]["title"], whole["current"]) == ("Night shifts", "a3")
    assert whole["messages"][2]["sources"][1]["text"] == "夜班找小林。"
    assert whole["messages"][2]["reasoning"] == "hm"


def test_a_conversation_without_a_finished_message() -> None:
    empty = Transcript(Conversation("c1", "New", 60.0, 60.0), ())
    assert as_markdown(empty).decode().startswith("# New\n")
    assert json.loads(as_json(empty))["messages"] == []


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Night shifts", "Night shifts.md"),
        ("../../etc/passwd", "etc passwd.md"),
        ('a/b\\c:d*e?f"g<h>i|j', "a b c d e f g h i j.md"),
        ("a\r\nSet-Cookie: x", "a Set-Cookie x.md"),
        ("值班 表 🚀", "值班 表 🚀.md"),
        ("x" * 200, "x" * 80 + ".md"),
        ("...", "conversation.md"),
        ("con", "conversation con.md"),
        ("\u202egpj.exe", "gpj.exe.md"),
    ],
)
def test_names_are_safe_and_still_the_title(title: str, name: str) -> None:
    assert filename_of(title, "markdown") == name


@pytest.mark.parametrize("name", ["Night shifts.md", "值班 表.json", 'a"b;c%.md', "Größe.md", "🚀.md"])
def test_a_download_is_called_so_by_clients_that_read_rfc_6266(name: str) -> None:
    header = attachment(name)
    assert header.isascii()
    found = re.fullmatch(
        r"""attachment; filename="[A-Za-z0-9 ._()-]+"; filename\*=UTF-8''([\w.%-]+)""", header
    )
    assert found
    assert unquote(found[1]) == name
