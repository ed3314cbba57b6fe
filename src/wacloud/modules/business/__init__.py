"""
Tenants: the businesses that use the product, who belongs to them with which role, and what they say of
themselves.

Opening hours, address and the rest of the profile live here because the bot answers from them. Everything
of a business carries its id, and the database shows it to members only. Calls the user module.
"""
