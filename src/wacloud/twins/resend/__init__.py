"""The Resend twin: the mail service as far as we call it.

It refuses what Resend refuses, knows a mail by its idempotency key, sends signed webhooks, and misbehaves when told
to. Start it with `python -m wacloud.twins.resend --port P --key KEY`. Resend's own paths are `/emails` and
`/emails/{id}`; the controls are below `/_twin/` (`control.py` lists them). No mail leaves it, and everything is kept in
memory: a restart is an empty mailbox.
"""
