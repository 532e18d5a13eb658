"""Calls that are kept: each pinned to the playbook and the machine that it was played on, and replayed ever after.

`python -m tests.histories show NAME` prints one as a dialogue; `record [NAME…]` plays the scenarios again and
writes what has become of them, printing every difference as a dialogue.
"""
