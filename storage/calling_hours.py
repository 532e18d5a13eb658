"""Where the calling rules are read from: the package that knows what they mean."""

from importlib import resources

from call_flow.compliance import FILES, Rules


def read_packaged() -> Rules:
    """The rules that came with the program. Raises RulesError naming file and line."""
    folder = resources.files("call_flow.compliance")
    return Rules.parse({name: (folder / name).read_text(encoding="utf-8") for name in FILES})
