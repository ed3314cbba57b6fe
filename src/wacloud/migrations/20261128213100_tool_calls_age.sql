-- Module bot: what a business's systems answered to an action holds personal data, and is of use to one turn alone.

create index tool_calls_age on app.tool_calls (started_at);
-- Old answers and calls of all businesses go together.
call private.open_to_system('app.tool_calls', 'select, update, delete');

-- How long messages are kept; null: as long as the business is.
create function private.messages_kept() returns interval
language sql stable security definer set search_path = '' as $$
  select t.keep from private.time_partitioned t where t.parent = 'app.messages'::regclass
$$;
revoke all on function private.messages_kept() from public;
grant execute on function private.messages_kept() to wacloud_system;
