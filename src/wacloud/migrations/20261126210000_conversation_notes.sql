-- Module whatsapp: what a team notes in a conversation for itself. A table of its own: nothing that sends reads it.
create table app.conversation_notes (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  conversation_id uuid not null,
  author_id uuid not null,
  text text not null check (length(text) between 1 and 4096),
  mentions uuid[] not null default '{}',              -- the members who are told
  created_at timestamptz not null,
  primary key (business_id, id),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
create index conversation_notes_thread on app.conversation_notes (business_id, conversation_id, created_at desc);
call private.protect('app.conversation_notes');

-- Module notification: a notice may be for one member alone.
alter table app.notices add column user_id uuid,
  add foreign key (business_id, user_id) references app.members (business_id, user_id) on delete cascade;
alter policy members on app.notices
  using (business_id = any ((select private.my_businesses())::uuid[]) and (user_id is null or user_id = (select auth.uid())))
  with check (business_id = any ((select private.my_businesses())::uuid[]) and (user_id is null or user_id = (select auth.uid())));
