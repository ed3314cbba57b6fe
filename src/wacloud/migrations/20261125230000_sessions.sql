-- Modules user and auth: whose address is proved, who may not sign in, and what somebody who has signed in holds.

-- Whoever is here was let in by the operator: the default is for them alone.
alter table app.users add column email_verified_at timestamptz default now();
alter table app.users alter column email_verified_at drop default;
alter table app.users add column disabled_at timestamptz;
-- A person writes their name and language; whether an address is proved is not theirs to say.
revoke update on app.users from authenticated;
grant update (name, language) on app.users to authenticated;

create table app.sessions (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references app.users (id) on delete cascade,
  acting_in uuid,                                    -- the business; whether they still belong to it is asked each time
  aal text not null default 'aal1' check (aal in ('aal1', 'aal2')),
  amr jsonb not null default '[]',                   -- [{"method": "password", "timestamp": 1732560000}]
  address text not null default '',
  user_agent text not null default '',
  created_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now(),
  not_after timestamptz not null,                    -- whatever they do meanwhile
  ended_at timestamptz,
  ended_because text check (ended_because in (
    'signed_out', 'revoked', 'password_changed', 'email_verified', 'too_many', 'refresh_reused')),
  unique (user_id, id)
);
create index sessions_newest on app.sessions (user_id, last_seen_at desc);

-- A chain for each session: one that was used is followed by the next. The key makes two successors impossible.
create table app.refresh_tokens (
  session_id uuid not null,
  user_id uuid not null,
  generation int not null check (generation > 0),
  hash bytea not null unique check (length(hash) = 32),   -- SHA-256
  created_at timestamptz not null default now(),
  used_at timestamptz,
  primary key (session_id, generation),
  foreign key (user_id, session_id) references app.sessions (user_id, id) on delete cascade
);

-- Links and codes that were mailed, and a sign-in that waits for its second factor. One that was used is gone.
create table app.one_time_tokens (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references app.users (id) on delete cascade,
  purpose text not null check (purpose in ('verify_email', 'reset_password', 'change_email', 'magic_link', 'second_factor')),
  hash bytea not null unique check (length(hash) = 32),
  code_hash bytea,                                   -- of the short code in the same mail, salted with the id
  detail jsonb not null default '{}',
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
-- The newest only. Two browsers may wait for their second factor at the same time.
create unique index one_time_tokens_newest on app.one_time_tokens (user_id, purpose) where purpose <> 'second_factor';
create index one_time_tokens_user on app.one_time_tokens (user_id);

call private.open_to_system('app.sessions', 'select, insert, update, delete');
call private.open_to_system('app.refresh_tokens', 'select, insert, update, delete');
call private.open_to_system('app.one_time_tokens', 'select, insert, update, delete');
-- Each request reads its session in the person's own transaction.
grant select on app.sessions to authenticated;
create policy oneself on app.sessions for select to authenticated using (user_id = (select auth.uid()));
