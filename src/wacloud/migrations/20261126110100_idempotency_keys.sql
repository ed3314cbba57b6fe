-- Shared: requests that came with an Idempotency-Key, so that the same one again has no second effect. Kept for a day.

create table app.idempotency_keys (
  id uuid primary key default gen_random_uuid(),     -- also the cause of what the request makes, where that has one
  business_id uuid,                                  -- null: it concerns a person alone
  tenant uuid not null generated always as (coalesce(business_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored,
  caller uuid not null,                       -- a person or an API key
  operation text not null,
  key text not null check (length(key) between 1 and 255),
  fingerprint bytea not null check (length(fingerprint) = 32),   -- SHA-256 of method, path and body
  state text not null default 'running' check (state in ('running', 'done')),
  attempt int not null default 1,             -- whoever lost the lease holds an old one and records nothing
  leased_until timestamptz not null default now(),
  status int,
  media_type text,
  sealed text,                                -- the answer's body, encrypted: it may hold a secret that is shown once
  created_at timestamptz not null default now()
);
create unique index idempotency_keys_key on app.idempotency_keys (caller, tenant, operation, key);
create index idempotency_keys_business on app.idempotency_keys (business_id);
create index idempotency_keys_created on app.idempotency_keys (created_at);

call private.protect('app.idempotency_keys', 'business_id', 'select');
-- That there was a request, and nothing of what was asked or answered.
revoke select on app.idempotency_keys from authenticated;
grant select (business_id, id, state, created_at) on app.idempotency_keys to authenticated;
-- A person may ask without a business; and old ones go, whosever they are.
call private.open_to_system('app.idempotency_keys', 'select, insert, update, delete');
