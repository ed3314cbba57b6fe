-- Module whatsapp: texts that go out later: at a time somebody chose, or held some seconds so that they may be taken back.
create table app.scheduled_messages (
  business_id uuid not null references app.businesses (id),
  id uuid not null,                                   -- the message's own, once it is one
  conversation_id uuid not null,
  author_id uuid not null,
  cause text not null,                                -- the one decision it comes from, as in message_keys
  text text not null check (length(text) <= 4096),    -- forgotten once it was taken back
  answers uuid,                                       -- the message it quotes
  send_at timestamptz not null,
  is_held boolean not null,                           -- sent already, as its author sees it
  unless_they_write boolean not null default false,   -- taken back where the contact has written meanwhile
  state text not null default 'waiting' check (state in ('waiting', 'failed', 'cancelled')),
  reason text,                                        -- why it failed or was taken back
  created_at timestamptz not null,
  primary key (business_id, id),
  unique (business_id, cause),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
create index scheduled_messages_shown on app.scheduled_messages (business_id, conversation_id, send_at, id)
  where state <> 'cancelled';
create index scheduled_messages_due on app.scheduled_messages (business_id, send_at) where state = 'waiting';
call private.protect('app.scheduled_messages');
