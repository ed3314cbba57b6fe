-- Module notification: mails to our own people. Written with what they tell of, sent by a job afterwards.

create table app.mails (
  id uuid primary key default gen_random_uuid(),
  business_id uuid,                           -- null: it concerns a person alone; it outlives the business
  tenant uuid not null generated always as (coalesce(business_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored,
  user_id uuid,                               -- whom it is written to, where they have an account
  recipient text not null check (length(recipient) <= 254),   -- empty once the person is gone
  template text not null,
  language text not null check (language in ('es', 'en')),
  is_asked boolean not null,                  -- somebody typed an address, who need not be its owner: strict limits
  sealed text,                                -- what the text is filled with, encrypted; null once it is no longer needed
  key text,                                   -- the one decision it comes from
  state text not null default 'queued' check (state in (
    'queued', 'sending', 'unconfirmed', 'sent', 'delayed', 'delivered', 'bounced', 'complained', 'failed', 'suppressed')),
  reason text,
  provider_id text,
  attempts int not null default 0,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  sent_at timestamptz
);
create unique index mails_key on app.mails (tenant, key) where key is not null;
create index mails_recipient on app.mails (lower(recipient), created_at desc);
create index mails_business on app.mails (business_id, created_at desc);
create index mails_user on app.mails (user_id, created_at desc);
create index mails_open on app.mails (changed_at) where state in ('queued', 'sending');
create index mails_created on app.mails (created_at);
create unique index mails_provider on app.mails (provider_id) where provider_id is not null;

-- Members see what was sent in their business's name and how it ended, never what it was filled with.
call private.protect('app.mails', 'business_id', 'insert');
grant select (id, business_id, user_id, recipient, template, language, key, state, reason, created_at, changed_at, sent_at)
  on app.mails to authenticated;
-- What concerns a person alone is theirs to see, in whatever business they act.
create policy oneself on app.mails for select to authenticated
  using (business_id is null and user_id = (select auth.uid()));
call private.open_to_system('app.mails', 'select, insert, update, delete');
do $$ begin
  -- The definer function below counts as its owner, whom forced row level security binds as well.
  execute format('create policy definer_reads on app.mails for select to %I using (true)', current_user);
end $$;

-- Addresses that no mail goes to any more: they do not exist, or their owner called one of our mails spam.
create table app.mail_suppressions (
  address text primary key check (address = lower(address)),
  reason text not null check (reason in ('bounced', 'complained')),
  mail_id uuid,                               -- the mail that told us
  since timestamptz not null default now()
);
call private.open_to_system('app.mail_suppressions', 'select, insert, delete');

-- Mails of a development machine without any mail service: read at /dev/mails, never anywhere else.
create table app.local_mails (
  id uuid primary key,
  recipient text not null,
  subject text not null,
  html text not null,
  body text not null,
  created_at timestamptz not null default now()
);
create index local_mails_newest on app.local_mails (created_at desc);
call private.open_to_system('app.local_mails', 'select, insert, delete');

-- Which limit one more mail would break; null where it may go. Limits count over all businesses, so this one function
-- sees them all and tells nothing else. Whoever asks holds the address, and the sender, until they commit: of fifty at
-- once one passes.
create function private.mail_limit(
  to_address text, mail_template text, sender uuid, asked boolean,
  kind_pause interval, asked_an_hour int, sender_a_day int, notices_an_hour int)
returns text language plpgsql volatile security definer set search_path = '' as $$
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('mail to ' || lower(to_address), 0));
  if not asked then
    -- Notices are the alarm of an account. Only their own kind counts, so that nobody can use it up by asking for mails.
    if (select count(*) from app.mails m where lower(m.recipient) = lower(to_address) and m.template = mail_template
          and m.created_at > now() - interval '1 hour') >= notices_an_hour then
      return 'notices_an_hour';
    end if;
    return null;
  end if;
  if exists (select from app.mails m where lower(m.recipient) = lower(to_address) and m.template = mail_template
               and m.business_id is not distinct from sender and m.created_at > now() - kind_pause) then
    return 'kind_pause';
  end if;
  if (select count(*) from app.mails m where lower(m.recipient) = lower(to_address) and m.is_asked
        and m.created_at > now() - interval '1 hour') >= asked_an_hour then
    return 'asked_an_hour';
  end if;
  if sender is not null then
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended('mail from ' || sender, 0));
    if (select count(*) from app.mails m where m.business_id = sender and m.is_asked
          and m.created_at > now() - interval '1 day') >= sender_a_day then
      return 'sender_a_day';
    end if;
  end if;
  return null;
end $$;
revoke all on function private.mail_limit(text, text, uuid, boolean, interval, int, int, int) from public;
grant execute on function private.mail_limit(text, text, uuid, boolean, interval, int, int, int)
  to authenticated, wacloud_worker, wacloud_system;
