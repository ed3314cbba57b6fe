-- Module auth: the second factors of a person, and when a session last proved who it is.
-- Module business: whether a business demands a second factor of its members.

-- Authenticator apps. One that is not confirmed within five minutes is as if it were not there.
create table app.totp_factors (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references app.users (id) on delete cascade,
  name text not null check (length(name) between 1 and 60),
  secret text not null,                              -- encrypted with SECRET_KEYS
  last_step bigint,                                  -- the half minute of the last code that worked: none works twice
  created_at timestamptz not null default now(),
  confirmed_at timestamptz,
  last_used_at timestamptz
);
create index totp_factors_user on app.totp_factors (user_id);

create table app.passkeys (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references app.users (id) on delete cascade,
  name text not null check (length(name) between 1 and 60),
  credential_id bytea not null unique check (length(credential_id) <= 1023),
  public_key bytea not null,
  sign_count bigint not null default 0,              -- only grows, or the authenticator was copied; 0: it does not count
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index passkeys_user on app.passkeys (user_id);

-- A used code is deleted.
create table app.backup_codes (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references app.users (id) on delete cascade,
  set_id uuid not null,
  hash text not null,                                -- by the password hasher
  created_at timestamptz not null default now(),
  saved_at timestamptz                               -- null: shown, and the set before still works
);
create index backup_codes_user on app.backup_codes (user_id);

call private.open_to_system('app.totp_factors', 'select, insert, update, delete');
call private.open_to_system('app.passkeys', 'select, insert, update, delete');
call private.open_to_system('app.backup_codes', 'select, insert, update, delete');

alter table app.sessions
  add column verified_at timestamptz not null default now(),      -- when its person last proved who they are
  add column awaits_factor boolean not null default false,        -- begun with one factor by whoever has two: opens nothing
  drop constraint sessions_ended_because_check,
  add constraint sessions_ended_because_check check (ended_because in (
    'signed_out', 'revoked', 'password_changed', 'email_verified', 'too_many', 'refresh_reused', 'factor_changed'));
update app.sessions set verified_at = created_at;

alter table app.one_time_tokens
  drop constraint one_time_tokens_purpose_check,
  add constraint one_time_tokens_purpose_check check (purpose in (
    'verify_email', 'reset_password', 'change_email', 'magic_link', 'second_factor', 'factor_challenge'));
drop index app.one_time_tokens_newest;
create unique index one_time_tokens_newest on app.one_time_tokens (user_id, purpose)
  where purpose not in ('second_factor', 'factor_challenge');

-- Only a worker sets it: who may is a matter of their role.
alter table app.businesses add column demands_second_factor boolean not null default false;
