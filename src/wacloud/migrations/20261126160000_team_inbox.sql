-- Module whatsapp: how a team works through its conversations: open, snoozed or closed, priority, labels, who has it.

alter table app.conversations
  add column status text not null default 'open' check (status in ('open', 'snoozed', 'closed')),
  add column snoozed_until timestamptz,
  add column closed_at timestamptz,
  add column closed_by uuid,
  add column priority smallint not null default 0 check (priority between 0 and 3),   -- none, low, high, urgent
  add column last_outbound_at timestamptz,    -- the newest words of ours, whoever wrote them
  add foreign key (business_id, closed_by) references app.members (business_id, user_id) on delete set null (closed_by),
  add constraint conversations_snoozed check ((status = 'snoozed') = (snoozed_until is not null)),
  add constraint conversations_closed check ((status = 'closed') = (closed_at is not null));
-- The owner, too, is bound by row level security and would see nothing to fill in.
alter table app.conversations no force row level security;
alter table app.messages no force row level security;
update app.conversations c set last_outbound_at = (
  select m.sent_at from app.messages m
  where m.business_id = c.business_id and m.conversation_id = c.id and m.direction = 'out'
    and m.kind not in ('reaction', 'edit', 'revoke')
  order by m.sent_at desc, m.arrival desc limit 1);
alter table app.conversations force row level security;
alter table app.messages force row level security;
-- Somebody of the team has to write: handed over, or the person who has it was written to last. What the bot has, it answers.
alter table app.conversations add column is_due boolean not null generated always as (
  status = 'open' and (handler = 'waiting' or (handler = 'person' and last_inbound_at is not null
    and (last_outbound_at is null or last_inbound_at > last_outbound_at)))) stored;

-- One index for each view, in the view's order, so that a page reads its own rows and no others.
drop index app.conversations_newest;
drop index app.conversations_waiting;
create index conversations_newest on app.conversations (business_id, status, last_message_at desc, id desc);
create index conversations_handler on app.conversations (business_id, handler, last_message_at desc, id desc) where status = 'open';
create index conversations_due on app.conversations (business_id, last_inbound_at, id) where is_due;
create index conversations_mine on app.conversations (business_id, assigned_to, last_message_at desc, id desc)
  where status = 'open' and assigned_to is not null;
create index conversations_nobodys on app.conversations (business_id, last_message_at desc, id desc)
  where status = 'open' and assigned_to is null and handler <> 'bot';
create index conversations_urgent on app.conversations (business_id, priority desc, last_message_at desc, id desc)
  where status = 'open' and priority > 0;

create table app.labels (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  name text not null check (length(name) between 1 and 40),
  colour text not null check (colour in ('grey', 'red', 'orange', 'green', 'blue', 'purple')),
  created_at timestamptz not null default now(),
  primary key (business_id, id)
);
create unique index labels_name on app.labels (business_id, lower(name));

create table app.conversation_labels (
  business_id uuid not null,
  conversation_id uuid not null,
  label_id uuid not null,
  primary key (business_id, conversation_id, label_id),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade,
  foreign key (business_id, label_id) references app.labels (business_id, id) on delete cascade
);
create index conversation_labels_label on app.conversation_labels (business_id, label_id);

call private.protect('app.labels');
call private.protect('app.conversation_labels');
-- Writing, taking over and giving back in a member's name open a conversation again.
grant update (status, snoozed_until, closed_at, closed_by, last_outbound_at) on app.conversations to authenticated;
