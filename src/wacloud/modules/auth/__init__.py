"""
Who somebody is: passwords, tokens and the session of a browser.

Everything else asks through the guard of `shared/ui`, for which this module is the authenticator. A token
says who and for which business; what they may do is read from the database each time. Calls the modules
business and user.
"""
