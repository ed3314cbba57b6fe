-- Module auth: keys with which a business's own programs use the API.

create table app.api_keys (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  created_by uuid,                            -- null once they are no member any more: then it is good for nothing
  name text not null check (length(name) between 1 and 80),
  hint text not null,                         -- how it begins, to tell it from others; opens nothing
  hash bytea not null check (length(hash) = 32),    -- SHA-256 of the whole key: nobody guesses its random part
  scopes text[] not null default '{}',        -- permissions; what its maker's role does not allow (any more) does not count
  created_at timestamptz not null default now(),
  expires_at timestamptz,                     -- null: it does not end by itself
  revoked_at timestamptz,
  last_used_at timestamptz,                   -- to the minute
  used_from text[] not null default '{}',     -- addresses, the newest first, twenty at most
  primary key (business_id, id),
  foreign key (business_id, created_by) references app.members (business_id, user_id) on delete set null (created_by)
);
create unique index api_keys_hash on app.api_keys (hash);
create index api_keys_maker on app.api_keys (business_id, created_by);

-- Who may make and end them is a matter of a member's role, which these rules do not know: workers write.
call private.protect('app.api_keys', 'business_id', 'select');
-- Members never read the hashes.
revoke select on app.api_keys from authenticated;
grant select (business_id, id, created_by, name, hint, scopes, created_at, expires_at, revoked_at, last_used_at, used_from)
  on app.api_keys to authenticated;
-- Whoever comes with a key is nobody yet: the key alone says which business it is.
call private.open_to_system('app.api_keys', 'select');
