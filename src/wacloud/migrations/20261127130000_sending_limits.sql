-- Module whatsapp: sending within Meta's limits.

-- Messages of a campaign leave after everything else; what waits says until when.
alter table app.messages
  add column bulk boolean not null default false,
  add column held_until timestamptz;                 -- outbound and queued: not before, as far as is known

grant insert (bulk), update (bulk, held_until) on app.messages to authenticated;

-- Who counts for the portfolio's limit: people a template reached outside their window in the last 24 hours.
create index messages_templates_dispatched on app.messages (business_id, dispatched_at)
  where direction = 'out' and kind = 'template';

alter table app.whatsapp_accounts
  add column portfolio_id text;                      -- Meta's id of who owns it; several accounts may share its limit
