-- Module whatsapp: numbers, contacts, conversations, messages.

create table app.whatsapp_accounts (
  business_id uuid not null references app.businesses (id),
  waba_id text not null,
  name text,
  created_at timestamptz not null default now(),
  primary key (business_id, waba_id)
);
-- One WABA belongs to one business: this key is how a webhook finds its tenant.
create unique index whatsapp_accounts_waba on app.whatsapp_accounts (waba_id);

create table app.phone_numbers (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  waba_id text not null,
  phone_number_id text not null,
  display_phone_number text not null,
  verified_name text,
  access_token text not null,                 -- encrypted; the key is in the environment, never here
  throughput int not null default 80,         -- messages a second Meta allows
  state text not null default 'connected' check (state in ('connected', 'held', 'disconnected')),
  held_until timestamptz,
  held_because text,
  created_at timestamptz not null default now(),
  primary key (business_id, id),
  foreign key (business_id, waba_id) references app.whatsapp_accounts (business_id, waba_id)
);
create unique index phone_numbers_meta on app.phone_numbers (phone_number_id);

create table app.contacts (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  name text,                                  -- what the business calls them; profile_name is what they call themselves
  profile_name text,
  username text,
  phone text,                                 -- digits as Meta shows them, for people to read; may be missing
  country text,
  opted_out_at timestamptz,
  marketing_stopped_at timestamptz,
  merged_into uuid,
  created_at timestamptz not null default now(),
  primary key (business_id, id),
  foreign key (business_id, merged_into) references app.contacts (business_id, id)
);

create table app.contact_identities (
  business_id uuid not null,
  kind text not null check (kind in ('bsuid', 'parent_bsuid', 'wa_id', 'phone')),
  value text not null,
  contact_id uuid not null,
  first_seen_at timestamptz not null default now(),
  primary key (business_id, kind, value),
  foreign key (business_id, contact_id) references app.contacts (business_id, id)
);
create index contact_identities_contact on app.contact_identities (business_id, contact_id);

create table app.conversations (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  contact_id uuid not null,
  number_id uuid not null,
  -- bot: answers; waiting: handed over, nobody has taken it yet; person: somebody writes, the bot is silent
  handler text not null default 'bot' check (handler in ('bot', 'waiting', 'person')),
  handler_since timestamptz not null default now(),
  handed_over_because text,
  assigned_to uuid,                           -- a member of this business and no other; who leaves it lets go of it
  last_inbound_at timestamptz,                -- Meta's time of the newest message of the contact: the service window hangs on it
  last_message_at timestamptz,
  last_message_id uuid,                       -- with its partition key, so that the list finds it at once
  last_message_created_at timestamptz,
  unread int not null default 0,
  created_at timestamptz not null default now(),
  primary key (business_id, id),
  unique (business_id, contact_id, number_id),
  foreign key (business_id, contact_id) references app.contacts (business_id, id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id),
  foreign key (business_id, assigned_to) references app.members (business_id, user_id) on delete set null (assigned_to)
);
create index conversations_newest on app.conversations (business_id, last_message_at desc, id desc);
create index conversations_waiting on app.conversations (business_id, last_message_at desc, id desc) where handler = 'waiting';
create index conversations_unread on app.conversations (business_id, last_message_at desc, id desc) where unread > 0;

create table app.messages (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),     -- when we stored it: the partition key
  -- The number of the webhook it came in and its place there, or of the moment it was written: see arrival_of().
  arrival bigint not null default nextval('app.webhook_ids') << 20,
  conversation_id uuid not null,
  direction text not null check (direction in ('in', 'out')),
  author text not null check (author in ('contact', 'bot', 'member', 'phone_app', 'history')),
  author_id uuid,                                    -- the member who wrote it
  kind text not null,
  body text,
  content jsonb not null default '{}',
  raw jsonb,                                         -- as it came, where we did not understand it
  wamid text,
  refers_to text,                                    -- wamid it quotes, reacts to, edits or revokes
  sent_at timestamptz not null,                      -- Meta's time for what came in; order is (sent_at, arrival)
  state text not null check (state in (
    'pending', 'answered', 'handed_over', 'ignored',
    'queued', 'dispatching', 'sent', 'delivered', 'read', 'failed', 'unconfirmed')),
  reason text,                                       -- why ignored, handed over, held or failed
  answered_by uuid,                                  -- inbound: the message that answered it
  cause text,                                        -- outbound: the one decision it comes from; unique in message_keys
  turn_id uuid,
  dispatch_attempt int not null default 0,
  dispatched_at timestamptz,
  accepted_at timestamptz,
  delivered_at timestamptz,
  read_at timestamptz,
  failed_at timestamptz,
  error jsonb,
  pricing jsonb,
  reactions jsonb,
  edits jsonb,                                       -- earlier texts, oldest first
  edited_at timestamptz,
  revoked_at timestamptz,
  primary key (business_id, id, created_at),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id)
) partition by range (created_at);
create index messages_newest on app.messages (business_id, created_at desc);
create index messages_thread on app.messages (business_id, conversation_id, sent_at desc, arrival desc);
create index messages_ledger on app.messages (business_id, direction, state, created_at desc);
create index messages_pending on app.messages (business_id, conversation_id) where state = 'pending';
create index messages_refers on app.messages (business_id, refers_to) where refers_to is not null;

-- What must be unique over all partitions, and the way from a wamid or a cause to the row: one small table.
create table app.message_keys (
  business_id uuid not null,
  key text not null,                                 -- 'wamid:…' or 'cause:…'
  message_id uuid not null,
  created_at timestamptz not null,
  primary key (business_id, key)
);

-- A status that came before we knew its wamid; applied as soon as we do, dropped after some days.
create table app.unmatched_statuses (
  business_id uuid not null,
  wamid text not null,
  status text not null,
  participant text not null default '',
  at timestamptz not null,
  detail jsonb not null,
  received_at timestamptz not null default now(),
  look_at timestamptz not null default now(),        -- when to look for its message again: ever more rarely
  primary key (business_id, wamid, status, participant)
);
create index unmatched_statuses_due on app.unmatched_statuses (business_id, look_at);

-- Everything Meta says about accounts, numbers and templates, known to us or not.
create table app.account_events (
  business_id uuid not null references app.businesses (id),
  digest bytea not null,                             -- of (entry id, entry time, field, value)
  field text not null,
  event text,
  waba_id text,
  phone_number_id text,
  at timestamptz not null,
  value jsonb not null,
  received_at timestamptz not null default now(),
  primary key (business_id, digest)
);
create index account_events_newest on app.account_events (business_id, at desc);

call private.protect('app.whatsapp_accounts');
call private.open_to_system('app.whatsapp_accounts', 'select, insert');
call private.protect('app.phone_numbers');
call private.open_to_system('app.phone_numbers', 'select, insert, update');
call private.protect('app.contacts');
call private.protect('app.contact_identities');
-- A member takes over, gives back, has seen, and writes; what is written is never written over by hand.
call private.protect('app.conversations', 'business_id', 'select,
  update (handler, handler_since, handed_over_because, assigned_to, unread,
          last_inbound_at, last_message_at, last_message_id, last_message_created_at)');
call private.protect('app.messages', 'business_id', 'select,
  insert (business_id, id, created_at, conversation_id, direction, author, author_id, kind, body, content, raw, wamid,
          refers_to, sent_at, state, reason, cause, turn_id, arrival),
  update (state, reason, error)');
call private.protect('app.message_keys', 'business_id', 'select, insert');
call private.protect('app.unmatched_statuses');
call private.open_to_system('app.unmatched_statuses', 'select');
call private.protect('app.account_events');
call private.partition_by_time('app.messages', 'month');
