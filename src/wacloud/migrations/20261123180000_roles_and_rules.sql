-- Roles, schemas and the two helpers every later migration uses: private.protect() and private.partition_by_time().
-- Runs on PostgreSQL 15-18 and on hosted Supabase (no superuser needed); creates only what is missing.

create schema if not exists app;
create schema if not exists private;

do $$
declare
  wanted text;
begin
  -- anon, authenticated and service_role exist on Supabase. The rest are ours:
  --   wacloud_app     the login of serve and worker: owns nothing, bypasses nothing, may only become the next two or authenticated
  --   wacloud_worker  trusted code working for the businesses named in app.business_ids
  --   wacloud_system  the few paths that cross tenants (accept a webhook, claim jobs, find whose number it is)
  foreach wanted in array array['anon', 'authenticated', 'service_role', 'wacloud_app', 'wacloud_worker', 'wacloud_system'] loop
    if not exists (select from pg_roles where rolname = wanted) then
      execute format('create role %I nologin noinherit', wanted);
      if wanted = 'service_role' then
        begin
          alter role service_role bypassrls;
        exception when insufficient_privilege then
          raise notice 'service_role stays without bypassrls: the migrating role may not grant it';
        end;
      end if;
    end if;
  end loop;
end $$;

-- Roles are the server's, not the database's. A second database of another owner finds them as they must be and, since
-- PostgreSQL 16, may not grant or alter what it did not create: so only what is missing is done.
do $$
declare
  wanted text;
begin
  foreach wanted in array array['authenticated', 'wacloud_worker', 'wacloud_system'] loop
    if not pg_has_role('wacloud_app', wanted, 'member') then
      execute format('grant %I to wacloud_app', wanted);
    end if;
  end loop;
  -- Every statement of the app goes by key, for a batch of keys. A plan made while a table or a new partition has no
  -- statistics must not scan it: 40 rows to send took 1.3 to 5 s that way, 17 ms by their keys. And one plan serves
  -- every batch: planning anew for each took 0.6 ms an insert and a third of the server's work.
  foreach wanted in array array[
    'statement_timeout=30s', 'lock_timeout=8s', 'idle_in_transaction_session_timeout=30s',
    'enable_seqscan=off', 'enable_hashjoin=off', 'enable_mergejoin=off', 'enable_material=off', 'enable_bitmapscan=off', 'random_page_cost=1.1',
    'plan_cache_mode=force_generic_plan'
  ] loop
    if not exists (
      select from pg_db_role_setting s join pg_roles r on r.oid = s.setrole
      where r.rolname = 'wacloud_app' and s.setdatabase = 0 and wanted = any (s.setconfig)
    ) then
      execute format('alter role wacloud_app set %I = %L', split_part(wanted, '=', 1), split_part(wanted, '=', 2));
    end if;
  end loop;
end $$;

revoke all on schema app, private from public;
grant usage on schema app to authenticated, wacloud_worker, wacloud_system;
grant usage on schema private to authenticated, wacloud_worker, wacloud_system, wacloud_app;

do $$
begin
  if to_regprocedure('auth.uid()') is null then
    create schema if not exists auth;
    create function auth.uid() returns uuid language sql stable as $f$
      select coalesce(
        nullif(current_setting('request.jwt.claim.sub', true), ''),
        nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub', '')
      )::uuid
    $f$;
  end if;
  if to_regprocedure('auth.jwt()') is null then
    create function auth.jwt() returns jsonb language sql stable as $f$
      select coalesce(
        nullif(current_setting('request.jwt.claim', true), ''),
        nullif(current_setting('request.jwt.claims', true), '')
      )::jsonb
    $f$;
  end if;
  if has_schema_privilege(current_user, 'auth', 'create') then
    grant usage on schema auth to anon, authenticated, service_role, wacloud_worker, wacloud_system;
  end if;
end $$;

-- The businesses trusted code works for in this transaction. Nothing set, malformed or empty: none.
create function private.worker_businesses() returns uuid[] language sql stable set search_path = '' as $$
  select case when current_setting('app.business_ids', true) ~
                   '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(,[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})*$'
              then string_to_array(current_setting('app.business_ids', true), ',')::uuid[] else '{}' end
$$;

-- Text as people search it: lower case, no accents. Immutable, so that indexes may use it.
create function private.plain(words text) returns text language sql immutable parallel safe set search_path = '' as $$
  select translate(lower(words), 'áàâäãéèêëíìîïóòôöõúùûüñç', 'aaaaaeeeeiiiiooooouuuunc')
$$;

-- Row level security for one tenant table: enabled, forced, members and workers see their own businesses only.
-- These rules know no roles of members (an analyst is one too), so name only what the app does in a member's name,
-- column by column where it writes; everything else is a worker's.
create procedure private.protect(tenant_table regclass, key_column name default 'business_id', member_rights text default 'select')
language plpgsql set search_path = '' as $$
declare
  -- What private.worker_businesses() says, written out: a call of it costs 70 us for each table of each statement.
  theirs text := $theirs$(select case when current_setting('app.business_ids', true) ~
      '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(,[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})*$'
    then string_to_array(current_setting('app.business_ids', true), ',')::uuid[] else '{}'::uuid[] end)$theirs$;
begin
  execute format('alter table %s enable row level security', tenant_table);
  execute format('alter table %s force row level security', tenant_table);
  execute format('revoke all on %s from public, anon', tenant_table);
  execute format('grant %s on %s to authenticated', member_rights, tenant_table);
  execute format('grant select, insert, update, delete on %s to wacloud_worker', tenant_table);
  -- The sub-select makes an array init-plan: the policy becomes an index condition instead of a filter over the table.
  execute format(
    'create policy members on %s for all to authenticated using (%I = any ((select private.my_businesses())::uuid[])) with check (%I = any ((select private.my_businesses())::uuid[]))',
    tenant_table, key_column, key_column);
  execute format(
    'create policy workers on %s for all to wacloud_worker using (%I = any (%s::uuid[])) with check (%I = any (%s::uuid[]))',
    tenant_table, key_column, theirs, key_column, theirs);
end $$;

-- The cross-tenant paths see a table whole. Name only the rights they need.
create procedure private.open_to_system(any_table regclass, rights text)
language plpgsql set search_path = '' as $$
begin
  execute format('alter table %s enable row level security', any_table);
  execute format('alter table %s force row level security', any_table);
  execute format('revoke all on %s from public, anon', any_table);
  execute format('grant %s on %s to wacloud_system', rights, any_table);
  execute format('create policy system on %s for all to wacloud_system using (true) with check (true)', any_table);
end $$;

-- Time partitions: which tables have them, how wide they are, how long they are kept.
create table private.time_partitioned (
  parent regclass primary key,
  width text not null check (width in ('day', 'week', 'month')),
  keep interval,
  leaf_index text,
  leaf_options text
);
alter table private.time_partitioned enable row level security;
alter table private.time_partitioned force row level security;
-- The owner runs the partition functions below (security definer) and is bound by forced row level security too.
do $$ begin
  execute format('create policy owner on private.time_partitioned for all to %I using (true) with check (true)', current_user);
end $$;

-- One partition, closed: reached only through its parent, whose policies then apply, it lets nobody in on its own.
-- Without `first_day` it is the default one, for rows no other partition takes.
create function private.add_partition(parent regclass, suffix text, first_day timestamptz default null, last_day timestamptz default null)
returns void language plpgsql set search_path = '' as $$
declare
  stem text := (select relname from pg_catalog.pg_class where oid = parent);
  leaf text := stem || suffix;
  known private.time_partitioned := (select t from private.time_partitioned t where t.parent = add_partition.parent);
  by_time text := (select a.attname from pg_catalog.pg_partitioned_table p
                   join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0] where p.partrelid = parent);
begin
  execute format('create table app.%I (like %s including defaults including constraints)', leaf, parent)
    || coalesce(' with (' || known.leaf_options || ')', '');
  if first_day is not null then
    -- Nobody made partitions for a while: what fell into the default one moves, or the new one could not be attached.
    execute format('alter table app.%I no force row level security', stem || '_default');
    execute format('with moved as (delete from app.%I where %I >= %L and %I < %L returning *) insert into app.%I select * from moved',
                   stem || '_default', by_time, first_day, by_time, last_day, leaf);
    execute format('alter table app.%I force row level security', stem || '_default');
  end if;
  execute format('alter table %s attach partition app.%I %s', parent, leaf,
                 case when first_day is null then 'default' else format('for values from (%L) to (%L)', first_day, last_day) end);
  execute format('alter table app.%I enable row level security', leaf);
  execute format('alter table app.%I force row level security', leaf);
  execute format('revoke all on app.%I from public, anon, authenticated, wacloud_worker, wacloud_system', leaf);
  if known.leaf_index is not null then
    execute format(known.leaf_index, leaf || '_key', leaf);
  end if;
end $$;

-- Make the partitions of now and the next `ahead` periods; returns the names that were missing.
create function private.ensure_partitions(ahead int default 3) returns setof text
language plpgsql security definer set search_path = '' as $$
declare
  t record;
  first_day timestamptz;
  last_day timestamptz;
  leaf text;
begin
  if ahead < 0 or ahead > 60 then
    raise exception 'ahead must lie between 0 and 60';
  end if;
  for t in select p.parent, p.width, c.relname from private.time_partitioned p join pg_catalog.pg_class c on c.oid = p.parent loop
    for i in 0..ahead loop
      first_day := (date_trunc(t.width, now() at time zone 'utc') + ('1 ' || t.width)::interval * i) at time zone 'utc';
      last_day := ((first_day at time zone 'utc') + ('1 ' || t.width)::interval) at time zone 'utc';
      leaf := '_' || to_char(first_day at time zone 'utc', case t.width when 'month' then 'YYYYMM' else 'YYYYMMDD' end);
      if to_regclass('app.' || quote_ident(t.relname || leaf)) is null then
        perform private.add_partition(t.parent, leaf, first_day, last_day);
        return next t.relname || leaf;
      end if;
    end loop;
  end loop;
end $$;

-- Drop the partitions that lie wholly before the table's retention; returns their names.
create function private.drop_old_partitions() returns setof text
language plpgsql security definer set search_path = '' as $$
declare
  leaf record;
begin
  for leaf in
    select c.oid, c.relname, t.keep,
           (regexp_match(pg_catalog.pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz as ends
    from private.time_partitioned t
    join pg_catalog.pg_inherits i on i.inhparent = t.parent
    join pg_catalog.pg_class c on c.oid = i.inhrelid
    where t.keep is not null
  loop
    if leaf.ends < now() - leaf.keep then
      execute format('drop table app.%I', leaf.relname);
      return next leaf.relname;
    end if;
  end loop;
end $$;

-- A new table or partition has no statistics until autovacuum comes by, a minute later at best, and a plan made before
-- keeps its wrong index until then: all of a business's rows for one. Analyze what has doubled since it was looked at,
-- while it is small; big tables are left to autovacuum. Returns their names.
create function private.analyze_grown() returns setof text
language plpgsql security definer set search_path = '' set default_statistics_target = 10 as $$
declare
  grown text;
begin
  for grown in
    select c.relname from pg_catalog.pg_class c
    where c.relnamespace = 'app'::regnamespace and c.relkind = 'r' and c.reltuples < 200000
      and pg_catalog.pg_stat_get_mod_since_analyze(c.oid) > 50 + greatest(c.reltuples, 0)
    order by c.relname
  loop
    execute format('analyze app.%I', grown);
    return next grown;
  end loop;
end $$;

revoke all on function private.add_partition(regclass, text, timestamptz, timestamptz), private.ensure_partitions(int),
  private.drop_old_partitions(), private.analyze_grown() from public;
revoke all on function private.worker_businesses(), private.plain(text) from public;
revoke all on procedure private.protect(regclass, name, text), private.open_to_system(regclass, text) from public;
grant execute on function private.ensure_partitions(int), private.drop_old_partitions(), private.analyze_grown() to wacloud_system;
grant execute on function private.worker_businesses() to wacloud_worker;
grant execute on function private.plain(text) to authenticated, wacloud_worker;

create procedure private.partition_by_time(
  parent regclass, width text, keep interval default null, leaf_index text default null, leaf_options text default null)
language plpgsql set search_path = '' as $$
begin
  insert into private.time_partitioned values (parent, width, keep, leaf_index, leaf_options);
  perform private.add_partition(parent, '_default');
  perform private.ensure_partitions();
end $$;
revoke all on procedure private.partition_by_time(regclass, text, interval, text, text) from public;
