"""The main job on real input in one command: server, worker and a simulated Telnyx as processes of their own,
over HTTP as in life.
"""
