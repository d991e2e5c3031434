"""The command line, `tawny --help`. Nothing heavy is imported before a command needs it."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command that `arguments` (default: those of the process) name, and exit with its code."""
    from tawny.cli.app import app
    from tawny.runner.entry import exit_on_failure

    with exit_on_failure():
        app(args=arguments, prog_name="tawny")
