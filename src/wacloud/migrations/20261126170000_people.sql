-- Module whatsapp: people. What a business knows of them, what they allow, who turned out to be whom, where they came from.

alter table app.contacts
  add column fields jsonb not null default '{}',   -- the business's own fields, by their key
  add column opted_in_at timestamptz,              -- they allowed promotions, with proof in consent_events
  add column consent_at timestamptz,               -- of the newest choice: what comes late changes nothing
  add column marketing_chosen_at timestamptz,      -- the same for the choice made in WhatsApp's own settings
  add column blocked_at timestamptz,               -- by us: what they write is kept, nobody answers
  add column block_state text check (block_state in ('asked', 'done', 'refused')),   -- what Meta made of the last wish
  add column block_reason text,
  add column erased_at timestamptz,                -- nothing of the person is left but counts
  add column updated_at timestamptz not null default now();
create index contacts_newest on app.contacts (business_id, created_at desc, id desc)
  where merged_into is null and erased_at is null;
create index contacts_merged on app.contacts (business_id, merged_into) where merged_into is not null;

-- Own fields, tags and segments.
create table app.contact_fields (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  key text not null check (key ~ '^[a-z][a-z0-9_]{0,39}$'),
  label text not null check (length(label) between 1 and 60),
  kind text not null check (kind in ('text', 'number', 'date', 'choice', 'yes_no')),
  choices jsonb not null default '[]',
  created_at timestamptz not null default now(),
  primary key (business_id, id),
  unique (business_id, key)
);

create table app.contact_tags (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  name text not null check (length(name) between 1 and 40),
  colour text not null check (colour in ('green', 'orange', 'violet', 'blue', 'pink', 'yellow', 'cyan', 'olive')),
  created_at timestamptz not null default now(),
  primary key (business_id, id)
);
create unique index contact_tags_name on app.contact_tags (business_id, lower(name));

create table app.tagged_contacts (
  business_id uuid not null,
  tag_id uuid not null,
  contact_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (business_id, tag_id, contact_id),
  foreign key (business_id, tag_id) references app.contact_tags (business_id, id) on delete cascade,
  foreign key (business_id, contact_id) references app.contacts (business_id, id) on delete cascade
);
create index tagged_contacts_contact on app.tagged_contacts (business_id, contact_id);

create table app.segments (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  name text not null check (length(name) between 1 and 80),
  filter jsonb not null,                      -- see domain/segment.py
  created_at timestamptz not null default now(),
  primary key (business_id, id)
);
create unique index segments_name on app.segments (business_id, lower(name));

-- What was merged, so that it can be seen, and who is not the same, so that nobody is asked twice.
create table app.contact_merges (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  kept uuid not null,
  gone uuid not null,
  at timestamptz not null default now(),
  by uuid,                                    -- null: their ids proved it
  snapshot jsonb not null default '{}',       -- name, phone and ids of the one who is gone, as they were
  primary key (business_id, id),
  foreign key (business_id, kept) references app.contacts (business_id, id),
  foreign key (business_id, gone) references app.contacts (business_id, id)
);
create index contact_merges_kept on app.contact_merges (business_id, kept, at desc);

create table app.different_contacts (
  business_id uuid not null,
  one uuid not null,                          -- the smaller id of the two
  other uuid not null,
  at timestamptz not null default now(),
  primary key (business_id, one, other),
  foreign key (business_id, one) references app.contacts (business_id, id) on delete cascade,
  foreign key (business_id, other) references app.contacts (business_id, id) on delete cascade
);

-- Consent: what somebody chose, and the proof. The contact holds how it stands; this holds how it came about.
create table app.consent_events (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  contact_id uuid not null,
  at timestamptz not null,                    -- when they chose
  recorded_at timestamptz not null default now(),
  change text not null check (change in ('opted_out', 'opted_in', 'marketing_stopped', 'marketing_resumed')),
  source text not null check (source in ('message', 'import', 'page', 'meta_preference', 'api')),
  message_id uuid,
  wamid text,
  words text check (length(words) <= 500),    -- what they wrote, or what the business says the proof is
  actor_id uuid,                              -- the member, where one noted it
  primary key (business_id, id),
  foreign key (business_id, contact_id) references app.contacts (business_id, id)
);
create index consent_events_contact on app.consent_events (business_id, contact_id, at desc);

create table app.consent_settings (
  business_id uuid primary key references app.businesses (id),
  opt_out_words text[] not null default '{}', -- besides those everybody has
  opt_in_words text[] not null default '{}',
  confirmations jsonb not null default '{}'   -- texts of the business's own by change and language: {"opted_out.es": "..."}
);

-- Imports: the rows wait here until the job has taken each of them; those it could not take stay with the reason.
create table app.contact_imports (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  created_by uuid,
  file_name text not null,
  encoding text not null,
  header jsonb not null,
  mapping jsonb not null default '[]',        -- for each column: null, or what it holds
  options jsonb not null default '{}',
  state text not null default 'uploaded' check (state in ('uploaded', 'running', 'done', 'stopped')),
  rows int not null,
  next_row int not null default 1,
  added int not null default 0,
  updated int not null default 0,
  unchanged int not null default 0,
  refused int not null default 0,
  created_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (business_id, id)
);
create index contact_imports_newest on app.contact_imports (business_id, created_at desc);

create table app.contact_import_rows (
  business_id uuid not null,
  import_id uuid not null,
  row int not null,
  cells jsonb not null,
  problem text,
  primary key (business_id, import_id, row),
  foreign key (business_id, import_id) references app.contact_imports (business_id, id) on delete cascade
);

-- Members read; their role is a matter of the use cases, which work as the business.
call private.protect('app.contact_fields');
call private.protect('app.contact_tags');
call private.protect('app.tagged_contacts');
call private.protect('app.segments');
call private.protect('app.contact_merges');
call private.protect('app.different_contacts');
call private.protect('app.consent_events');
call private.protect('app.consent_settings');
call private.protect('app.contact_imports');
call private.protect('app.contact_import_rows');

-- The proof is written once. What may change: an erased person's words go; a business that is erased takes all along.
revoke update, truncate on app.consent_events from wacloud_worker;
grant update (wamid, words) on app.consent_events to wacloud_worker;
create function private.keep_consent() returns trigger language plpgsql set search_path = '' as $$
begin
  if tg_op = 'DELETE' then
    if exists (select from app.businesses where id = old.business_id and erase_at is null) then
      raise exception 'consent is proved for as long as the business exists' using errcode = 'insufficient_privilege';
    end if;
    return old;
  end if;
  if new.wamid is not null or new.words is not null or not exists (
      select from app.contacts where business_id = old.business_id and id = old.contact_id and erased_at is not null) then
    raise exception 'the proof of a consent is not changed' using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
create trigger keep_consent before update or delete on app.consent_events
  for each row when (current_user = 'wacloud_worker') execute function private.keep_consent();

-- Promotions to whoever does not want them are refused here, whoever tries. The contact is held until the end of the
-- transaction: a choice made meanwhile comes after it, and ends what it finds queued.
alter table app.messages add column if not exists category text;   -- as Meta prices it: marketing, utility, ...
create function private.refuse_promotion() returns trigger language plpgsql security definer set search_path = '' as $$
declare
  person app.contacts;
begin
  select p.* into person from app.conversations c
    join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
    where c.business_id = new.business_id and c.id = new.conversation_id
    for share of p;
  if person.opted_out_at is not null or person.marketing_stopped_at is not null then
    raise exception 'promotion to somebody who refused them' using errcode = 'WA001', detail = new.conversation_id::text;
  end if;
  return new;
end $$;
do $$ begin
  execute format('create policy definer_holds on app.contacts for all to %I using (true) with check (true)', current_user);
  execute format('create policy definer_reads on app.conversations for select to %I using (true)', current_user);
end $$;
create trigger refuse_promotion before insert on app.messages
  for each row when (new.direction = 'out' and new.category = 'marketing') execute function private.refuse_promotion();
revoke all on function private.keep_consent(), private.refuse_promotion() from public;
