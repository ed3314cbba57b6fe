-- Module bot: what a business lets its bot do in its own systems, and each call of it.

create table app.bot_actions (
  business_id uuid not null references app.businesses (id),
  id uuid not null unique default gen_random_uuid(),
  name text not null check (length(name) between 3 and 40),
  description text not null,                  -- for the model
  url text not null,
  arguments jsonb not null,                   -- a JSON Schema: one flat object
  sealed text not null,                       -- what requests are signed with, encrypted; never shown again
  enabled boolean not null default true,
  changes_something boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (business_id, id),
  unique (business_id, name)
);
call private.protect('app.bot_actions', 'business_id',
  'select (business_id, id, name, description, url, arguments, enabled, changes_something, created_at)');
-- Secrets of all businesses are put under a new key together.
call private.open_to_system('app.bot_actions', 'select, update');

-- Written before the request leaves and after it: the same call is never made twice, whatever restarts in between.
create table app.tool_calls (
  business_id uuid not null,
  conversation_id uuid not null,
  key text not null,                          -- of the turn, the action and its arguments, which are not kept
  message_id uuid not null,                   -- the oldest message that the turn answers
  action text not null,
  changes_something boolean not null,
  state text not null default 'started' check (state in ('started', 'done', 'failed', 'unknown')),
  http_status int,
  ms int,
  answer text,                                -- until the conversation's next turn calls something
  started_at timestamptz not null default now(),
  primary key (business_id, key),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id)
);
create index tool_calls_conversation on app.tool_calls (business_id, conversation_id, message_id);
-- What was answered is for the bot alone.
call private.protect('app.tool_calls', 'business_id',
  'select (business_id, conversation_id, key, message_id, action, changes_something, state, http_status, ms, started_at)');
