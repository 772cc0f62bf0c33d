"""`python -m services.edge.users`: the accounts, for whoever runs the service.

Exit codes: 0 done, 1 a part is away, 2 a mistake in the call, 3 the user exists already, 4 there is no such user.
"""

import argparse
import asyncio
import os
import secrets
import sys
from collections.abc import Sequence

from services.edge.adapters.nats.audit import BusAudit
from services.edge.adapters.passwords import Argon2Passwords
from services.edge.adapters.postgres import AuditOutbox, Database, PostgresAccounts
from services.edge.adapters.revocations import RevocationBucket
from services.edge.usecases.users import AddUser, RevokeUser
from shared.broker import NatsBus, ensure_bus
from shared.errors import Conflict, InvalidRequest, NotFound, SluiceError
from shared.settings import BaseSettings, SettingsError, load

ACTOR = "operator"
"""Who does it, in the audit log: this command knows no user."""
EXIT_CODES: dict[type[SluiceError], int] = {InvalidRequest: 2, Conflict: 3, NotFound: 4}


class UserSettings(BaseSettings, frozen=True, kw_only=True):
    database_url: str


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m services.edge.users", description="Sluice's user accounts.")
    commands = top.add_subparsers(dest="command", required=True)
    add = commands.add_parser(
        "add", help="add a user; a generated password is printed alone on standard output"
    )
    add.add_argument("name")
    add.add_argument("--role", choices=["admin", "user"], default="user")
    source = add.add_mutually_exclusive_group(required=True)
    source.add_argument("--generate-password", action="store_true")
    source.add_argument("--password-stdin", action="store_true", help="the first line of standard input")
    revoke = commands.add_parser("revoke", help="sign a user out everywhere, and let them in no more")
    revoke.add_argument("name")
    restore = commands.add_parser("restore", help="let a revoked user sign in again")
    restore.add_argument("name")
    commands.add_parser("list", help="name, role, state and id of every user")
    return top


async def run(arguments: argparse.Namespace, settings: UserSettings) -> None:
    database = Database.at(settings.database_url, connections=1)
    accounts = PostgresAccounts(database)
    try:
        match arguments.command:
            case "add":
                await add(arguments, accounts)
            case "list":
                for account in await accounts.all():
                    state = "revoked" if account.disabled else "active"
                    sys.stdout.write(f"{account.name}\t{account.role}\t{state}\t{account.id}\n")
            case _:
                audit_outbox = AuditOutbox(database)
                await revoke_or_restore(arguments, accounts, audit_outbox, settings)
    finally:
        await database.close()


async def add(arguments: argparse.Namespace, accounts: PostgresAccounts) -> None:
    password = (
        secrets.token_urlsafe(15) if arguments.generate_password else sys.stdin.readline().rstrip("\r\n")
    )
    passwords = Argon2Passwords(threads=1, waiting=0)
    try:
        await AddUser(accounts, passwords)(arguments.name, arguments.role, password)
    finally:
        passwords.close()
    if arguments.generate_password:
        sys.stdout.write(f"{password}\n")


async def revoke_or_restore(
    arguments: argparse.Namespace, accounts: PostgresAccounts, outbox: AuditOutbox, settings: UserSettings
) -> None:
    bus = await NatsBus.connect(settings.nats_url, "users")
    try:
        await ensure_bus(bus.client)
        revoke = RevokeUser(accounts, RevocationBucket(bus), BusAudit(bus, outbox))
        if arguments.command == "revoke":
            await revoke(arguments.name, ACTOR)
        else:
            await revoke.restore(arguments.name, ACTOR)
    finally:
        await bus.close()


def main(arguments: Sequence[str] | None = None) -> int:
    parsed = parser().parse_args(arguments)
    try:
        asyncio.run(run(parsed, load(UserSettings, os.environ)))
    except SettingsError as error:
        sys.stderr.write(f"users: {error}\n")
        return 2
    except SluiceError as error:
        sys.stderr.write(f"users: {error.message}\n")
        return EXIT_CODES.get(type(error), 1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
