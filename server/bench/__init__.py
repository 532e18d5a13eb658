"""Measurements that need our code: each runs on stores and processes of its own and leaves nothing behind.

Load comes from `load`, over HTTP, as another program's would.
"""
