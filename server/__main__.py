"""`python -m server`: the `voicelearn` command where its script is not on the path."""

from server.cli import main

main()
