-- Module business: who did what, when and from where. Written once, read by those who may, changed by nobody.

create table app.audit_log (
  id uuid not null default gen_random_uuid(),
  at timestamptz not null default now(),
  business_id uuid,                                  -- null: it concerns the person alone; it outlives the business
  user_id uuid,                                      -- whom it concerns: the person, where it is about one
  actor_id uuid,                                     -- who did it; null: the system, or somebody unknown
  actor_kind text not null check (actor_kind in ('user', 'api_key', 'system', 'unknown')),
  action text not null check (length(action) between 3 and 80),   -- module.past_tense
  detail jsonb not null default '{}',                -- ids and plain values; never a secret, never a message's text
  address text not null default '',
  user_agent text not null default '',
  request_id text not null default '',
  primary key (id)
);
create index audit_log_business on app.audit_log (business_id, at desc, id desc);
create index audit_log_user on app.audit_log (user_id, at desc, id desc) where business_id is null;

call private.protect('app.audit_log', 'business_id', 'select, insert');
call private.open_to_system('app.audit_log', 'select, insert');
revoke update, delete, truncate on app.audit_log from wacloud_worker, wacloud_system, authenticated, service_role;
-- What concerns a person alone is theirs to see and to cause, in whatever business they act.
create policy oneself on app.audit_log for all to authenticated
  using (business_id is null and user_id = (select auth.uid()))
  with check (business_id is null and user_id = (select auth.uid()));
