-- Module auth: what Supabase's Auth API needs beyond our own, and people whom a Supabase project lets in.

-- auth_code: what a program exchanges for a session (PKCE). reauthenticate: a code before something that matters.
alter table app.one_time_tokens drop constraint one_time_tokens_purpose_check;
alter table app.one_time_tokens add constraint one_time_tokens_purpose_check check (purpose in (
  'verify_email', 'reset_password', 'change_email', 'magic_link', 'second_factor', 'auth_code', 'reauthenticate'));
