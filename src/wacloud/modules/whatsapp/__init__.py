"""
The channel: numbers, contacts, conversations, messages, and Meta's Graph API on the other side.

Whatever Meta signed is kept first and read later. A message sent is one row, one cause and at most one
POST. It says what came in by its events and does not know who answers. Calls the modules below it; bot and
analytics listen.
"""
