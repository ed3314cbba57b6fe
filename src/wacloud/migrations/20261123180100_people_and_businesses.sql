-- Modules user, business and auth: people, tenants, membership, credentials.

create table app.users (
  id uuid primary key default gen_random_uuid(),
  name text not null check (length(name) between 1 and 120),
  email text not null check (length(email) between 3 and 254),
  language text not null default 'es' check (language in ('es', 'en')),
  created_at timestamptz not null default now()
);
create unique index users_email_key on app.users (lower(email));

create table app.businesses (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references app.users (id),
  name text not null check (length(name) between 2 and 100),
  sector text not null default 'other' check (sector in ('retail', 'healthcare', 'restaurant', 'other')),
  phone text check (phone ~ '^\+[1-9]\d{8,14}$'),
  employee_count text check (employee_count in ('1-10', '11-50', '51-200', '200+')),
  language text not null default 'es' check (language in ('es', 'en')),
  time_zone text not null default 'Europe/Madrid',
  -- What the bot may say about the business: about, address, hours, web ... (see business/domain/profile.py)
  profile jsonb not null default '{}',
  created_at timestamptz not null default now()
);
create index businesses_owner on app.businesses (owner_id);

create table app.members (
  business_id uuid not null references app.businesses (id),
  user_id uuid not null references app.users (id),
  role text not null check (role in ('owner', 'admin', 'agent', 'analyst')),
  joined_at timestamptz not null default now(),
  primary key (business_id, user_id)
);
create index members_user on app.members (user_id);

create table app.credentials (
  user_id uuid primary key references app.users (id) on delete cascade,
  password_hash text not null,
  changed_at timestamptz not null default now()
);

-- Who may see what hangs on these two; they run as their owner because members itself is behind row level security.
create function private.my_businesses() returns uuid[] language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(business_id), '{}') from app.members where user_id = (select auth.uid())
$$;
create function private.my_colleagues() returns uuid[] language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct c.user_id), '{}')
  from app.members me join app.members c using (business_id)
  where me.user_id = (select auth.uid())
$$;
create function private.worker_staff() returns uuid[] language sql stable security definer set search_path = '' as $$
  select coalesce(array_agg(distinct user_id), '{}')
  from app.members where business_id = any (private.worker_businesses())
$$;
revoke all on function private.my_businesses(), private.my_colleagues(), private.worker_staff() from public;
grant execute on function private.worker_staff() to wacloud_worker;
grant execute on function private.my_businesses(), private.my_colleagues() to authenticated;

call private.protect('app.businesses', 'id');
-- Members may describe their business; who owns it changes by the app's own use case only.
grant update (name, sector, phone, employee_count, language, time_zone, profile) on app.businesses to authenticated;
call private.open_to_system('app.businesses', 'select, insert');
call private.protect('app.members');
call private.open_to_system('app.members', 'select, insert');
do $$ begin
  -- The definer functions above read members as its owner, whom forced row level security binds as well.
  execute format('create policy definer_reads on app.members for select to %I using (true)', current_user);
end $$;
-- A business is seen by its owner even before a membership exists (creation).
create policy owner_sees on app.businesses for select to authenticated using (owner_id = (select auth.uid()));

call private.open_to_system('app.users', 'select, insert, update');
grant select, update (name, language) on app.users to authenticated;
create policy oneself on app.users for all to authenticated using (id = (select auth.uid())) with check (id = (select auth.uid()));
grant select on app.users to wacloud_worker;
create policy staff on app.users for select to wacloud_worker using (id = any ((select private.worker_staff())::uuid[]));
create policy colleagues on app.users for select to authenticated using (id = any ((select private.my_colleagues())::uuid[]));

call private.open_to_system('app.credentials', 'select, insert, update, delete');
