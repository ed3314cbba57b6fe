-- Module whatsapp: which words were said in which conversation, so that a search reads the rows it finds and no others.
--
-- A full text index cannot serve here: its operators are not leakproof, so under row level security every message would be
-- read first. Comparing words is leakproof: one row for each word of a conversation, however often it was said.

create table app.conversation_words (
  business_id uuid not null,
  word text collate "C" not null,            -- as the full text search has it: without accents, reduced to its stem
  conversation_id uuid not null,
  said_at timestamptz not null,              -- about when it was said there last: to the day
  primary key (business_id, word, conversation_id),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
create index conversation_words_newest on app.conversation_words (business_id, word, said_at desc, conversation_id);
create index conversation_words_conversation on app.conversation_words (business_id, conversation_id);

-- Up to which message the words are in. What came later is read by the search itself.
create table app.word_marks (
  business_id uuid primary key references app.businesses (id),
  created_at timestamptz not null default 'epoch',
  message_id uuid not null default '00000000-0000-0000-0000-000000000000'
);

call private.protect('app.conversation_words', 'business_id', 'select');
call private.protect('app.word_marks', 'business_id', 'select');
