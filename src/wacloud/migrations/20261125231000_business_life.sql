-- Module business: how a business begins, who joins it, and how it ends.

-- Set: its owner asked for its deletion, and at that moment everything of it is erased. Until then it can be read and
-- the deletion taken back. Only a worker sets it: members may not, whatever their role.
alter table app.businesses add column erase_at timestamptz;
create index businesses_to_erase on app.businesses (erase_at) where erase_at is not null;

-- An invitation is never changed into another: sending it again makes a new one and ends the old.
create table app.invitations (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  email text not null check (length(email) between 3 and 254),
  role text not null check (role in ('admin', 'agent', 'analyst')),     -- an owner is made by transfer only
  invited_by uuid,                            -- null once they are no member any more: then it is good for nothing
  -- SHA-256 of the two tokens that open it: the link its maker was shown, and the one in the newest mail.
  link_hash bytea not null,
  mail_hash bytea,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz,
  primary key (business_id, id),
  foreign key (business_id, invited_by) references app.members (business_id, user_id) on delete set null (invited_by)
);
create unique index invitations_link on app.invitations (link_hash);
create unique index invitations_mail on app.invitations (mail_hash);
create unique index invitations_open on app.invitations (business_id, email) where accepted_at is null and revoked_at is null;
create index invitations_newest on app.invitations (business_id, created_at desc);

create table app.onboarding_steps (
  business_id uuid not null references app.businesses (id),
  step text not null check (step in ('account', 'business', 'whatsapp', 'bot', 'plan', 'first_message')),
  state text not null default 'pending' check (state in ('pending', 'done', 'skipped')),
  at timestamptz,                             -- when it was done or skipped
  primary key (business_id, step)
);
create index onboarding_steps_pending on app.onboarding_steps (step, business_id) where state = 'pending';

-- Members read; who may invite is a matter of their role, which these rules do not know, so workers write.
call private.protect('app.invitations', 'business_id', 'select');
-- Members never read the hashes: whoever knows one could not use it, but nobody needs it.
revoke select on app.invitations from authenticated;
grant select (business_id, id, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at) on app.invitations to authenticated;
-- Whoever opens a link is no member yet: the token alone says which business it is.
call private.open_to_system('app.invitations', 'select');
call private.protect('app.onboarding_steps', 'business_id', 'select');
-- Written where a business is made and where a number is connected, both of which cross tenants.
call private.open_to_system('app.onboarding_steps', 'select, insert, update');

-- What a worker may not do to the audit log, this does once there is no business any more: nobody's address, browser
-- or name stays behind. One entry does: that it was erased, and when.
do $$ begin
  execute format('create policy definer_forgets on app.audit_log for all to %I using (true) with check (false)', current_user);
  execute format('create policy definer_reads on app.businesses for select to %I using (true)', current_user);
end $$;
create function private.forget_audit_log(gone uuid) returns bigint
language plpgsql security definer set search_path = '' as $$
declare
  forgotten bigint;
begin
  if exists (select from app.businesses where id = gone) then
    raise exception 'this business still exists';
  end if;
  delete from app.audit_log where business_id = gone and action <> 'business.erased';
  get diagnostics forgotten = row_count;
  return forgotten;
end $$;
revoke all on function private.forget_audit_log(uuid) from public;
grant execute on function private.forget_audit_log(uuid) to wacloud_worker;
