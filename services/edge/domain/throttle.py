"""Slows down guessing at one account's password. In the memory of one edge, and bounded."""

from collections import OrderedDict

from shared.errors import RateLimited

ACCOUNTS_REMEMBERED = 10_000


class LoginThrottle:
    """By account name, since a client can forge every address; names that do not exist count alike.

    An attempt counts from its start, so that many at once are no way around it.
    """

    def __init__(self, attempts: int, window_s: float) -> None:
        self._attempts = attempts
        self._window_s = window_s
        self._started_at: OrderedDict[str, list[float]] = OrderedDict()

    def admit(self, name: str, *, now: float) -> None:
        """Counts an attempt. Raises `RateLimited` when there were too many."""
        recent = [at for at in self._started_at.get(name, []) if at > now - self._window_s]
        if len(recent) >= self._attempts:
            wait_s = max(1.0, recent[0] + self._window_s - now)
            raise RateLimited("Too many attempts to sign in; try again later.", retry_after_s=wait_s)
        self._started_at[name] = [*recent, now]
        self._started_at.move_to_end(name)
        if len(self._started_at) > ACCOUNTS_REMEMBERED:
            self._started_at.popitem(last=False)

    def withdraw(self, name: str) -> None:
        """The attempt was not decided, through no fault of its maker."""
        recent = self._started_at.get(name, [])
        if recent:
            recent.pop()

    def forget(self, name: str) -> None:
        """The right password was given."""
        self._started_at.pop(name, None)
