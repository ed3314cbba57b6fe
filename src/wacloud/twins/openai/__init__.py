"""The OpenAI twin: Responses, Chat Completions, Embeddings, Moderations and Models as far as we call them.

It answers from the knowledge it is given, word by word and always the same; refuses what OpenAI refuses (a model that
is unknown or gone, a temperature beside thinking, a loose schema, a tool's output nobody asked for); and misbehaves
when told to. With `--small` it plays a small compatible server instead. Start it with
`python -m wacloud.twins.openai --port P [--key KEY]`; the controls are below `/_twin/` (`control.py` lists them).
"""
