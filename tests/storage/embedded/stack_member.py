"""A process that joins a stack and does what its standard input says: one JSON object out for each line in.

Run as a program, so that it can be killed with -9, run as another user, or be one of many.
"""

import json
import os
import sys

from storage.embedded.errors import StackError
from storage.embedded.stack import Stack


def main(folder: str, stores: list[str]) -> None:
    try:
        stack = Stack.join(folder, stores)
    except StackError as error:
        say(error=str(error))
        return
    say(pid=os.getpid(), urls=stack.urls.model_dump())
    for line in sys.stdin:
        word, *arguments = line.split()
        if word == "leave":
            stack.leave(wait=True)
        else:
            getattr(stack, word)(*arguments)
        say(done=word)


def say(**answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
