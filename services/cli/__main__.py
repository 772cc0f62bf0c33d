"""`sluice`, or `python -m services.cli`."""

from services.cli.app import cli


def main() -> None:
    cli(prog_name="sluice")


if __name__ == "__main__":
    main()
