-- The two queues of the house: raw webhooks as they came, and jobs. Both are rows written before anything else happens.

create sequence app.webhook_ids;
grant usage on sequence app.webhook_ids to wacloud_system, wacloud_worker, authenticated;

create table app.webhook_inbox (
  id bigint not null default nextval('app.webhook_ids'),
  received_at timestamptz not null default now(),
  provider text not null,
  -- Whose it is, as far as the body names one account only; made exact when it is processed. A body that several share
  -- belongs to nobody: each gets its own part of it.
  business_id uuid,
  lane smallint not null default 0,           -- 0 carries messages, 1 only statuses and account news
  body bytea not null,
  headers jsonb not null default '{}',
  digest bytea not null,                      -- SHA-256 of the body: the same body again is the same webhook
  state text not null default 'pending' check (state in ('pending', 'processed', 'failed')),
  attempts smallint not null default 0,
  run_at timestamptz not null default now(),
  leased_until timestamptz,
  processed_at timestamptz,
  error text,
  notes text[],                               -- what could not be placed, in words for the operator
  part_of bigint,                             -- this business's share of a body that several businesses shared
  primary key (received_at, id)
) partition by range (received_at);
create index webhook_inbox_open on app.webhook_inbox (lane, id) where state = 'pending';
create index webhook_inbox_ledger on app.webhook_inbox (business_id, state, received_at desc);

call private.protect('app.webhook_inbox');
call private.open_to_system('app.webhook_inbox', 'select, insert, update');
-- The same body twice in one partition is refused by this key; across partitions the insert looks back nine days.
call private.partition_by_time('app.webhook_inbox', 'week', interval '35 days',
  'create unique index %I on app.%I (provider, digest) where part_of is null',
  -- Room on the page: a claim touches no index then.
  'fillfactor = 60');

create table app.jobs (
  id bigint generated always as identity primary key,
  lane text not null,
  kind text not null,                         -- module.verb_noun
  business_id uuid,
  tenant uuid not null generated always as (coalesce(business_id, '00000000-0000-0000-0000-000000000000'::uuid)) stored,
  order_key text,                             -- jobs that share it run one after the other, oldest first
  unique_key text,                            -- at most one waiting job has it; a second call only moves run_at
  payload jsonb not null default '{}',
  state text not null default 'ready' check (state in ('ready', 'running', 'parked')),
  run_at timestamptz not null default now(),
  attempts smallint not null default 0,
  max_attempts smallint not null default 3,
  claims int not null default 0,              -- counts up at every claim: the fencing number
  leased_until timestamptz,
  worker text,
  last_error text,
  created_at timestamptz not null default now(),
  parked_at timestamptz
) with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
create index jobs_ready on app.jobs (lane, tenant, run_at, id) where state = 'ready';
create index jobs_running on app.jobs (lane, tenant) where state = 'running';
create index jobs_lease on app.jobs (leased_until) where state = 'running';
-- Keys are a tenant's own: what one writes can neither hold up nor stand for another's work.
create unique index jobs_one_at_a_time on app.jobs (tenant, order_key) where state = 'running';
create index jobs_order on app.jobs (tenant, order_key, id) where state <> 'parked' and order_key is not null;
create unique index jobs_unique on app.jobs (tenant, unique_key) where state = 'ready';
create index jobs_business on app.jobs (business_id, kind);

create table app.finished_jobs (
  id bigint not null,
  lane text not null,
  kind text not null,
  business_id uuid,
  payload jsonb not null,
  attempts smallint not null,
  last_error text,
  created_at timestamptz not null,
  finished_at timestamptz not null default now()
) partition by range (finished_at);
create index finished_jobs_business on app.finished_jobs (business_id, finished_at desc);

-- A member's deed queues work, and hurries what is queued already.
call private.protect('app.jobs', 'business_id', 'select,
  insert (lane, kind, business_id, order_key, unique_key, payload, run_at, max_attempts), update (run_at)');
call private.open_to_system('app.jobs', 'select, insert, update, delete');
call private.protect('app.finished_jobs');
call private.open_to_system('app.finished_jobs', 'select, insert');
call private.partition_by_time('app.finished_jobs', 'day', interval '7 days');

-- Recurring work: one row a schedule; whoever moves next_at queues the job, so it is queued once.
create table app.schedules (
  kind text primary key,
  every interval not null,
  next_at timestamptz not null default now()
);
call private.open_to_system('app.schedules', 'select, insert, update, delete');
