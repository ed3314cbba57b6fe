-- Module bot: what customers asked and the bot could not answer, gathered by meaning. Their words are not copied: a
-- question points to its turn, and its text is read from the messages as long as they are there.

create table app.question_groups (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  state text not null default 'open' check (state in ('open', 'snoozed', 'dismissed', 'answered')),
  snoozed_until timestamptz,
  item_id uuid,                               -- the answer that was written for it
  settled_by uuid,
  settled_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (business_id, id)
);

create table app.unanswered_questions (
  business_id uuid not null,
  turn_id uuid not null,
  group_id uuid not null,
  conversation_id uuid not null,
  asked_at timestamptz not null,              -- the first of its messages
  decided_at timestamptz not null,
  embedding real[],
  embedding_model text,
  primary key (business_id, turn_id),
  foreign key (business_id, turn_id) references app.bot_turns (business_id, id) on delete cascade,
  foreign key (business_id, group_id) references app.question_groups (business_id, id) on delete cascade,
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
create index unanswered_questions_group on app.unanswered_questions (business_id, group_id, decided_at desc);
create index unanswered_questions_conversation on app.unanswered_questions (business_id, conversation_id);
create index bot_turns_unanswered on app.bot_turns (business_id, decided_at)
  where why in ('no_match', 'faq_match_partial', 'model_did_not_know', 'model_failed_no_match', 'model_unavailable_no_match');

call private.protect('app.question_groups');
call private.protect('app.unanswered_questions');
