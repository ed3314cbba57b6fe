"""
People who log in: their name, e-mail address and language.

A user is one person, whatever businesses they work for; what they may do in a business is the business
module's. Passwords and tokens are the auth module's. The lowest module: it calls none of the others.
"""
