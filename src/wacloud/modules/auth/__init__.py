"""
Who somebody is: signing up and in, passwords, sessions, tokens, mailed links, and limits on guessing.

Everything else asks through the guard of `shared/ui`, for which this module is the authenticator. A token
says who, for which business, and of which session it is; whether that still lives and what they may do is read
from the database each time. Calls the modules business and user.
"""
