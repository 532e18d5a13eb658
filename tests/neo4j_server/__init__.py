"""Neo4j Community out of its published Maven artifacts, for the graph tests: no Docker, no distribution.

`python -m tests.neo4j_server up|down|status`. Its files are in `.neo4j/`: `lib`, fetched once, and `run` with state,
log and data.
"""
