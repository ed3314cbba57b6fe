"""The Graph twin: Meta's WhatsApp Cloud API as far as we call it, and the customers on their phones.

It refuses what Meta refuses, answers in Meta's shapes, sends signed webhooks, and misbehaves when told to.
Start it with `python -m wacloud.twins.graph --port P --world FILE.json`; `world.py` describes the file.
Graph's own paths live under `/v26.0/...` (any version, or none), the twin's controls under `/_twin/...`
(`control.py` lists them).
Everything is kept in memory: a restart is a new world.
"""
