"""
What a business pays for: plans, subscriptions, the ledger of what was used, limits.

Every countable message is booked here once, whatever fails around it, and every limit is asked here before
it is passed. Calls the modules below it (auth, notification, business, user); Stripe is one adapter, its
webhook another.
"""
