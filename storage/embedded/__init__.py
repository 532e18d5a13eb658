"""Five real database servers out of Python wheels, under one folder, for whoever joins it.

`stack.Stack` is the door. Nothing outside this package may learn that a store is embedded: it gets URLs.
"""
