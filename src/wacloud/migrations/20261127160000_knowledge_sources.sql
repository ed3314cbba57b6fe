-- Module bot: what a business lets its bot read beside its questions and answers: texts, files, web pages, products.

create table app.knowledge_sources (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  kind text not null check (kind in ('text', 'file', 'page', 'product')),
  title text not null check (length(title) between 1 and 200),
  is_enabled boolean not null default true,
  state text not null default 'waiting' check (state in ('waiting', 'reading', 'ready', 'failed')),
  reason text,                                -- why it failed, a stable code: see bot/domain/source.py
  body text check (length(body) <= 500000),   -- of a text
  url text check (length(url) <= 2000),       -- of a page
  file_key text,                              -- of a file: where its bytes are
  file_name text check (length(file_name) <= 200),
  content_type text,
  size_bytes bigint not null default 0,       -- what it takes of the business's room
  pages int not null default 0,
  checksum bytea,                             -- of what was read: equal means nothing has to be cut again
  etag text,
  last_modified text,
  refresh text not null default 'never' check (refresh in ('never', 'daily', 'weekly')),
  revision int not null default 0,            -- of the newest reading
  live_revision int,                          -- of the reading that is searched; older ones serve until it is ready
  live_chunks int not null default 0,
  embedding_model text,                       -- of the reading that is searched; null: by its words alone
  signs bytea,                                -- of the vectors of its pieces, 64 bytes each in their order
  created_at timestamptz not null default now(),
  refreshed_at timestamptz,
  next_refresh_at timestamptz,
  primary key (business_id, id)
);
create unique index knowledge_sources_page on app.knowledge_sources (business_id, url) where kind = 'page';
create index knowledge_sources_due on app.knowledge_sources (next_refresh_at) where next_refresh_at is not null;

-- A piece of a source, small enough to be an answer.
create table app.knowledge_chunks (
  business_id uuid not null,
  source_id uuid not null,
  revision int not null,
  position int not null,
  heading text not null default '',           -- the headings above it
  body text not null check (length(body) between 1 and 8000),
  embedding_model text,                       -- vectors of different models never meet
  signs bytea check (length(signs) = 64),     -- which numbers of the vector are above zero: a first look at what is near
  primary key (business_id, source_id, revision, position),
  foreign key (business_id, source_id) references app.knowledge_sources (business_id, id) on delete cascade
);

-- Which pieces a word stands in. An index of our own: row level security keeps GIN from being used for `@@`, and this
-- one also finds what was misspelt, because words that sound the same meet in `sound`.
create table app.knowledge_words (
  business_id uuid not null,
  sound text not null,
  stem text not null,
  source_id uuid not null,
  revision int not null,
  positions int[] not null,
  primary key (business_id, sound, stem, source_id, revision),
  foreign key (business_id, source_id) references app.knowledge_sources (business_id, id) on delete cascade
);
create index knowledge_words_source on app.knowledge_words (business_id, source_id, revision);

create table app.knowledge_products (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  source_id uuid not null,
  position int not null,
  name text not null check (length(name) between 1 and 200),
  price numeric,                              -- with the decimals it was told with
  currency text not null default 'EUR' check (currency ~ '^[A-Z]{3}$'),
  description text not null default '' check (length(description) <= 2000),
  url text not null default '' check (length(url) <= 2000),
  availability text not null default '' check (length(availability) <= 200),
  primary key (business_id, id),
  foreign key (business_id, source_id) references app.knowledge_sources (business_id, id) on delete cascade
);
create index knowledge_products_source on app.knowledge_products (business_id, source_id, position);

-- Grows with every change of what the bot may answer from: whoever remembers an answer remembers it under this number.
create table app.knowledge_versions (
  business_id uuid primary key references app.businesses (id) on delete cascade,
  version bigint not null default 1
);

call private.protect('app.knowledge_sources');
call private.protect('app.knowledge_chunks');
call private.protect('app.knowledge_words');
call private.protect('app.knowledge_products');
call private.protect('app.knowledge_versions');
-- The clock looks for pages to read again and for vectors of another model.
call private.open_to_system('app.knowledge_sources', 'select');
call private.open_to_system('app.knowledge_items', 'select');

create function private.knowledge_changed() returns trigger language plpgsql set search_path = '' as $$
begin
  -- A business that is being deleted has no version any more, and its rows go after it.
  if tg_op = 'DELETE' then
    update app.knowledge_versions set version = version + 1 where business_id = old.business_id;
    return null;
  end if;
  insert into app.knowledge_versions as v (business_id) values (new.business_id)
  on conflict (business_id) do update set version = v.version + 1;
  return null;
end $$;
create trigger knowledge_added after insert or delete on app.knowledge_items
  for each row execute function private.knowledge_changed();
create trigger knowledge_rewritten after update on app.knowledge_items for each row
  when (old.question is distinct from new.question or old.answer is distinct from new.answer
        or old.embedding_model is distinct from new.embedding_model)
  execute function private.knowledge_changed();
create trigger source_removed after delete on app.knowledge_sources
  for each row when (old.live_revision is not null) execute function private.knowledge_changed();
create trigger source_replaced after update on app.knowledge_sources for each row
  when (old.live_revision is distinct from new.live_revision or old.is_enabled is distinct from new.is_enabled
        or old.title is distinct from new.title or old.embedding_model is distinct from new.embedding_model)
  execute function private.knowledge_changed();
insert into app.knowledge_versions (business_id) select distinct business_id from app.knowledge_items;

-- The vector of a piece: by pgvector where it is there, else an array and the product by hand. Vectors have length 1, so
-- their product is the cosine. It is computed for the few pieces whose signs are near (bot/infra/sign_index.py): exact
-- for those, and without an index over all businesses, which would find the neighbours of strangers first
-- (docs/performance.md).
do $$
declare
  home name;
begin
  select n.nspname into home from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
  join pg_catalog.pg_type t on t.typnamespace = n.oid and t.typname = 'vector' where e.extname = 'vector';
  if home is not null and not (pg_catalog.has_schema_privilege('wacloud_worker', home, 'usage')
                               and pg_catalog.has_schema_privilege('authenticated', home, 'usage')) then
    home := null;
  end if;
  if home is not null then
    execute format('alter table app.knowledge_chunks add column embedding %I.vector(512)', home);
    execute format(
      'create function private.as_embedding(a real[]) returns %1$I.vector language sql immutable parallel safe
       set search_path = pg_catalog return a::%1$I.vector', home);
    execute format(
      'create function private.nearness(a %1$I.vector, b %1$I.vector) returns double precision
       language sql immutable parallel safe set search_path = pg_catalog return -(a operator(%1$I.<#>) b)', home);
  else
    alter table app.knowledge_chunks add column embedding real[];
    create function private.as_embedding(a real[]) returns real[] language sql immutable parallel safe set search_path = pg_catalog
      return a;
    create function private.nearness(a real[], b real[]) returns double precision language sql immutable parallel safe
      set search_path = pg_catalog return (select sum(x::double precision * y) from unnest(a, b) as p(x, y));
  end if;
end $$;
do $$
declare
  f regprocedure;
begin
  for f in select oid::regprocedure from pg_catalog.pg_proc
           where pronamespace = 'private'::regnamespace and proname in ('as_embedding', 'nearness', 'knowledge_changed') loop
    execute format('revoke all on function %s from public', f);
    if f::text not like '%knowledge_changed%' then
      execute format('grant execute on function %s to authenticated, wacloud_worker', f);
    end if;
  end loop;
end $$;
