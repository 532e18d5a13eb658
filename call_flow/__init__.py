"""The domain of a call: phases, events, the state machine, engagement, transfer, playbook. Pure: no I/O, no
clock, no randomness.
"""
