-- Who may be in danger is read before the rest of those who wait for the team, from either end of time.
create index conversations_in_danger on app.conversations (business_id, last_inbound_at, id)
  where is_due and priority = 3 and handed_over_because = 'self_harm';
