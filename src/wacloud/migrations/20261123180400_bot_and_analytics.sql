-- Modules bot and analytics.

create table app.bot_settings (
  business_id uuid primary key references app.businesses (id),
  enabled boolean not null default true,
  name text not null default 'Asistente',
  instructions text not null default '',
  fallback_text text not null,
  quiet_ms int not null default 800 check (quiet_ms between 0 and 10000),       -- wait for the rest of a burst
  max_wait_ms int not null default 4000 check (max_wait_ms between 0 and 20000),
  knowledge_threshold real not null default 0.42 check (knowledge_threshold between 0 and 1)
);

create table app.knowledge_items (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  question text not null check (length(question) between 2 and 500),
  answer text not null check (length(answer) between 1 and 4000),
  position int not null default 0,
  embedding real[],
  embedding_model text,                       -- vectors of different models never meet
  words tsvector generated always as (
    setweight(to_tsvector('spanish'::regconfig, private.plain(question)), 'A') ||
    setweight(to_tsvector('spanish'::regconfig, private.plain(answer)), 'C')) stored,
  updated_at timestamptz not null default now(),
  primary key (business_id, id)
);
create index knowledge_items_words on app.knowledge_items using gin (words);

-- One turn: what the bot did with the waiting messages of one conversation, and why.
create table app.bot_turns (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  conversation_id uuid not null,
  outcome text not null check (outcome in ('answered', 'handed_over', 'ignored')),
  source text not null check (source in ('model', 'knowledge', 'fallback', 'none')),
  why text not null,                          -- a stable code: see bot/domain/answer.py
  detail jsonb not null default '{}',         -- what was found, scores, errors of providers, drafts thrown away
  message_id uuid,                            -- the answer
  message_count int not null,
  model text,
  input_tokens int,
  cached_tokens int,
  output_tokens int,
  cost_usd numeric(14, 8),
  opened_at timestamptz not null,
  decided_at timestamptz not null default now(),
  primary key (business_id, id),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id)
);
create index bot_turns_conversation on app.bot_turns (business_id, conversation_id, decided_at desc);

create table app.analytics_events (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  created_at timestamptz not null default now(),
  name text not null check (length(name) between 1 and 80),
  properties jsonb not null default '{}',
  primary key (business_id, id, created_at)
) partition by range (created_at);
create index analytics_events_newest on app.analytics_events (business_id, created_at desc);
-- DATE(timestamptz) depends on the session's zone and cannot be indexed; the UTC date can.
create index analytics_events_day on app.analytics_events (business_id, ((created_at at time zone 'utc')::date), name);

-- Cosine similarity of two vectors: by pgvector where it is installed or may be, else by hand; the number is the same.
do $$
declare
  home name;
begin
  begin
    if exists (select from pg_available_extensions where name = 'vector' and installed_version is null) then
      create schema if not exists extensions;
      create extension vector with schema extensions;
    end if;
    select n.nspname into home from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'vector';
    if not (has_schema_privilege('wacloud_worker', home, 'usage') and has_schema_privilege('authenticated', home, 'usage')) then
      execute format('grant usage on schema %I to authenticated, wacloud_worker', home);
    end if;
  exception when insufficient_privilege then
    raise notice 'similarity is computed without pgvector: the migrating role may not install it or give it on';
    home := null;
  end;
  if home is not null then
    execute format(
      'create function private.similarity(a real[], b real[]) returns double precision
       language sql immutable parallel safe set search_path = %I, pg_catalog as
       $f$ select 1 - (a::vector <=> b::vector) $f$', home);
  else
    create function private.similarity(a real[], b real[]) returns double precision
      language sql immutable parallel safe set search_path = '' as
      $f$
        select sum(x * y) / nullif(sqrt(sum(x * x)) * sqrt(sum(y * y)), 0)
        from (select x::double precision, y::double precision from unnest(a, b) as p(x, y)) pair
      $f$;
  end if;
end $$;
revoke all on function private.similarity(real[], real[]) from public;
grant execute on function private.similarity(real[], real[]) to authenticated, wacloud_worker;

call private.protect('app.bot_settings');
call private.protect('app.knowledge_items');
call private.protect('app.bot_turns');
call private.protect('app.analytics_events', 'business_id', 'select, insert');
call private.partition_by_time('app.analytics_events', 'month');
