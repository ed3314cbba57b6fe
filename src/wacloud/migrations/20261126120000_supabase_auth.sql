-- Module auth: what Supabase's Auth API needs beyond our own, and people whom a Supabase project lets in.

-- auth_code: what a program exchanges for a session (PKCE). reauthenticate: a code before something that matters.
alter table app.one_time_tokens drop constraint one_time_tokens_purpose_check;
alter table app.one_time_tokens add constraint one_time_tokens_purpose_check check (purpose in (
  'verify_email', 'reset_password', 'change_email', 'magic_link', 'second_factor', 'factor_challenge',
  'auth_code', 'reauthenticate'));

-- Known by what they are called there, never by their address. Nobody: they were refused, or left.
create table app.acquaintances (
  issuer text not null,
  subject uuid not null,
  user_id uuid unique references app.users (id) on delete set null,
  refused_at timestamptz,
  left_at timestamptz,                               -- a token of before then lets nobody in again
  created_at timestamptz not null default now(),
  primary key (issuer, subject)
);
call private.open_to_system('app.acquaintances', 'select, insert, update');
