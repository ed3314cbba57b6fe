-- Module bot: what was said longer ago than a model is told word for word, in a few sentences. Texts of the
-- conversation: they go with the contact, and with whatever of it is edited or taken back.
create table app.conversation_summaries (
  business_id uuid not null references app.businesses (id),
  conversation_id uuid not null,
  text text not null check (length(text) between 1 and 2000),
  covered_at timestamptz not null,            -- the newest message that is in it: when it was sent,
  covered_arrival bigint not null,            -- and as which of that second it came
  made_at timestamptz not null default now(),
  primary key (business_id, conversation_id),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
call private.protect('app.conversation_summaries');
