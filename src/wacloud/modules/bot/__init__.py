"""
The one who answers: a turn per conversation, what the business has taught it, and the models it may ask.

Every turn ends as answered, handed over to a person or left alone, with the reason kept. With no model it
answers from the business's own questions and answers. It sends through the whatsapp module, like a member
would.
"""
