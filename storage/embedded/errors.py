"""What can go wrong with the embedded stack, as one exception that a person can act on."""


class StackError(RuntimeError):
    """The embedded stack cannot do what was asked; the message names the folder, package or setting."""
