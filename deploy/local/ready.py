"""What the person reads when everything is up, and the file that other programs read."""

from deploy.local.console import Console
from deploy.local.data import DataFolder, write_private
from deploy.local.engines import EngineChoice
from deploy.local.ports import LOOPBACK

READ_ACCESS = "python3 -c 'import json, sys; print(json.load(sys.stdin)[\"access_token\"])'"
JSON = "-H 'Content-Type: application/json'"


class Ready:
    def __init__(
        self,
        console: Console,
        data: DataFolder,
        engine: EngineChoice,
        port: int,
        nats_url: str,
        database_url: str,
    ) -> None:
        self._console = console
        self._data = data
        self._engine = engine
        self._url = f"http://{LOOPBACK}:{port}"
        self._nats_url = nats_url
        self._database_url = database_url

    def show(self, password: str, web_url: str = "") -> None:
        """`password` is the new administrator's; empty when there was one already."""
        self._write_client_settings()
        say, bold = self._console.say, self._console.bold
        say()
        say(f"Sluice is ready: {bold(web_url or self._url)}")
        if web_url:
            say(f"  API        {self._url}")
        if password:
            say(f"  sign in    {bold('admin')} with the password {bold(password)} (shown this once)")
        say(f"  engine     {self._engine.engine} {self._engine.model}".rstrip() + f" ({self._engine.why})")
        if self._engine.hint:
            say(
                "             quotes the best passages of your documents; it is not a language model. For one:"
            )
            say(f"             {self._engine.hint}")
        say(f"  data       {self._data.path}; logs in {self._data.logs}")
        say(f"  programs   {self._data.path / 'client.env'} has their addresses, for `sluice`")
        say()
        self._show_first_chat(password or "<password>")
        say()
        say("Ctrl-C stops everything.")

    def _show_first_chat(self, password: str) -> None:
        say = self._console.say
        login = f'{{"username":"admin","password":"{password}"}}'
        chat = '{"messages":[{"role":"user","content":"Hello!"}]}'
        say("  a first chat:")
        say(f"    TOKEN=$(curl -s {self._url}/login {JSON} -d '{login}' | {READ_ACCESS})")
        say(f"    curl -N {self._url}/v1/chat {JSON} -H \"Authorization: Bearer $TOKEN\" -d '{chat}'")

    def _write_client_settings(self) -> None:
        """The addresses hold passwords: for their owner alone."""
        settings = {
            "SLUICE_URL": self._url,
            "SLUICE_NATS_URL": self._nats_url,
            "SLUICE_DATABASE_URL": self._database_url,
        }
        lines = "".join(f"{name}={value}\n" for name, value in settings.items())
        write_private(self._data.path / "client.env", lines)
