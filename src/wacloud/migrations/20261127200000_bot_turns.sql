-- Module bot: what a turn leaves to the next one, and to the person who takes over.

alter table app.bot_turns
  add column language text check (language in ('es', 'en', 'pt')),  -- the one the contact wrote in, where it was plain
  add column hand_over jsonb;                 -- for a person: texts of the conversation, erased with the contact
create index bot_turns_handed_over on app.bot_turns (business_id, conversation_id, decided_at desc)
  where hand_over is not null;

-- Module whatsapp: conversations a person has had for so long that the bot may take them again. The second condition
-- holds for every row; it keeps the index out of the inbox's plans, whose order is another: for a business with more
-- than the usual number of them it would be read whole and sorted.
create index conversations_with_a_person on app.conversations (business_id, handler_since)
  where handler = 'person' and handler_since > '2000-01-01T00:00:00Z';
