"""
What the product tells its own people: e-mail, notices on the page, digests, alerts.

Messages to a business's customers are not sent from here; they belong to the module whatsapp. A mail is a
job, sent once after the provider took it. Calls the modules business and user.
"""
