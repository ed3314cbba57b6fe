-- Module bot: which version answered, and what the models were asked outside of turns.

alter table app.bot_turns
  add column version int;                     -- the one that answered; null: the defaults did, or it is from before
create index bot_turns_answered on app.bot_turns (business_id, version) where outcome = 'answered';

-- What a member asked a model for: a try of the bot, help with a reply. Never what was asked or said.
create table app.assist_calls (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  member_id uuid not null,
  kind text not null check (kind in ('try', 'draft', 'rewrite', 'translate', 'summarise')),
  model text,                                 -- null: answered without one
  input_tokens int,
  cached_tokens int,
  output_tokens int,
  cost_usd numeric(14, 8),
  asked_at timestamptz not null default now(),
  primary key (business_id, id)
);
create index assist_calls_newest on app.assist_calls (business_id, asked_at desc);
call private.protect('app.assist_calls');
