-- What Meta says of accounts, numbers and templates changes them, and is told to the business in plain words.

alter table app.whatsapp_accounts
  add column messaging_limit text,                   -- people outside a window a day, as Meta writes it (TIER_2K)
  add column review text,                            -- Meta's decision about the account
  add column ban text,                               -- SCHEDULE_FOR_DISABLE, DISABLE; null: none
  add column restrictions jsonb not null default '[]';   -- [{"type": ..., "until": ...}]
alter table app.phone_numbers
  add column quality text,
  add column name_status text,
  add column username text;

-- Meta's templates, by what its events tell.
create table app.message_templates (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  waba_id text not null,
  meta_id text,
  name text not null,
  language text not null,
  category text,
  next_category text,                                -- announced; counts from then on
  next_category_at timestamptz,
  status text,
  quality text,
  reason text,                                       -- why it was refused, as Meta's code
  advice text,                                       -- Meta's own words
  is_stale boolean not null default false,           -- its text changed at Meta
  changed_at timestamptz not null default now(),
  primary key (business_id, id),
  unique (business_id, waba_id, name, language),
  foreign key (business_id, waba_id) references app.whatsapp_accounts (business_id, waba_id)
);
call private.protect('app.message_templates');

-- Which news were acted upon, and what they were about: an older one that comes late changes nothing any more.
alter table app.account_events add column subject text, add column applied_at timestamptz;
create index account_events_to_apply on app.account_events (business_id, at) where applied_at is null;
create index account_events_subject on app.account_events (business_id, field, subject, at desc) where applied_at is not null;

-- Module notification: what a business has to know, on its pages.
create table app.notices (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  key text not null,                                 -- the news it comes from: told once
  code text not null,                                -- which words
  subject text not null,                             -- what it is about: a newer one of the same settles it
  severity text not null check (severity in ('info', 'warning', 'critical')),
  details jsonb not null default '{}',               -- what the words are filled with
  at timestamptz not null,
  settled_at timestamptz,                            -- it is over, or somebody has put it away
  settled_by uuid,
  primary key (business_id, id),
  unique (business_id, key)
);
create index notices_newest on app.notices (business_id, at desc, id desc);
create index notices_open on app.notices (business_id, subject) where settled_at is null;
call private.protect('app.notices', 'business_id', 'select, update (settled_at, settled_by)');
