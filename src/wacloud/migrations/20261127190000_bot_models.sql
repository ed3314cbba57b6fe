-- Module bot: what the models of each business cost, and the key a business brings of its own.

-- One row for each day of a business, in its own time zone; counted in the transaction that ends a turn.
create table app.bot_spending (
  business_id uuid not null references app.businesses (id),
  day date not null,
  turns int not null default 0,
  input_tokens bigint not null default 0,
  output_tokens bigint not null default 0,
  cost_usd numeric(14, 8) not null default 0,
  primary key (business_id, day)
);
call private.protect('app.bot_spending');

create table app.bot_provider_keys (
  business_id uuid primary key references app.businesses (id),
  id uuid not null unique default gen_random_uuid(),
  sealed text not null,                       -- encrypted; never shown again
  ending text not null ,                       -- its last characters, by which people know it
  state text not null default 'ok' check (state in ('ok', 'refused', 'no_money')),
  state_at timestamptz not null default now(),
  added_by uuid,
  added_at timestamptz not null default now()
);
-- What the code of serve seals is no business of a member's own session.
call private.protect('app.bot_provider_keys', 'business_id', 'select (business_id, id, ending, state, state_at, added_by, added_at)');
-- Secrets of all businesses are put under a new key together.
call private.open_to_system('app.bot_provider_keys', 'select, update');
