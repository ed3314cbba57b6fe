-- Module bot: what was right so far of a form that is not complete, for a day. Texts of conversations: they go with the
-- contact.
create table app.bot_forms_begun (
  business_id uuid not null,
  form_id uuid not null,
  conversation_id uuid not null,
  "values" jsonb not null,
  another boolean not null default false,     -- one more, besides what was noted before
  kept_at timestamptz not null default now(),
  primary key (business_id, conversation_id, form_id),
  foreign key (business_id, form_id) references app.bot_forms (business_id, id) on delete cascade,
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
create index bot_forms_begun_form on app.bot_forms_begun (business_id, form_id);
create index bot_forms_begun_age on app.bot_forms_begun (kept_at);
call private.protect('app.bot_forms_begun');
-- What nobody ended goes for all businesses together.
call private.open_to_system('app.bot_forms_begun', 'select, delete');
