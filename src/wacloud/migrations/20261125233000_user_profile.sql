-- Module user: what people choose for themselves, and leaving.

alter table app.users
  add column time_zone text not null default 'Europe/Madrid' check (length(time_zone) between 1 and 64),
  add column notifications jsonb not null default '{}',   -- what differs from the defaults
  -- Who left keeps a row without a name or address, so that what they wrote to customers stays somebody's.
  add column deleted_at timestamptz;

-- Of themselves people change what they are called and how they like things; the address changes by proof only.
revoke update on app.users from authenticated;
grant update (name, language, time_zone, notifications) on app.users to authenticated;

-- Leaving: memberships end, and a business with another owner is theirs.
grant delete on app.members to wacloud_system;
grant update (owner_id) on app.businesses to wacloud_system;
