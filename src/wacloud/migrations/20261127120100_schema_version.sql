-- Which migrations the database has, for `wacloud doctor`: the app's own role may not read the book itself.
create function private.schema_versions() returns setof text language plpgsql stable security definer set search_path = '' as $$
begin
  -- Ours, and the one that Supabase's own tool keeps.
  if to_regclass('public.schema_migrations') is not null then
    return query select version from public.schema_migrations;
  end if;
  if to_regclass('supabase_migrations.schema_migrations') is not null then
    return query execute 'select version::text from supabase_migrations.schema_migrations';
  end if;
end $$;
revoke all on function private.schema_versions() from public;
grant execute on function private.schema_versions() to wacloud_app;
