-- Module bot: what a business lets its bot collect from customers, and what they gave. Texts of conversations: they go with
-- the contact.

create table app.bot_forms (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  name text not null check (length(name) between 1 and 40),  -- the model knows it by this
  title text not null,
  used_when text not null,                    -- for the model
  fields jsonb not null,
  hands_over boolean not null default false,  -- a person takes the conversation once it is complete
  enabled boolean not null default true,
  removed_at timestamptz,                     -- set where entries are left of it
  created_at timestamptz not null default now(),
  primary key (business_id, id)
);
create unique index bot_forms_name on app.bot_forms (business_id, name) where removed_at is null;
call private.protect('app.bot_forms');

create table app.bot_form_entries (
  business_id uuid not null,
  id uuid not null default gen_random_uuid(),
  form_id uuid not null,
  conversation_id uuid not null,
  title text not null,                        -- as the form was then
  fields jsonb not null,
  "values" jsonb not null,
  revisions jsonb not null default '[]',      -- what it said before it was changed, oldest first
  created_at timestamptz not null default now(),
  changed_at timestamptz,
  primary key (business_id, id),
  foreign key (business_id, form_id) references app.bot_forms (business_id, id),
  foreign key (business_id, conversation_id) references app.conversations (business_id, id) on delete cascade
);
create index bot_form_entries_form on app.bot_form_entries (business_id, form_id, created_at desc, id desc);
create index bot_form_entries_conversation on app.bot_form_entries (business_id, conversation_id, created_at desc);
call private.protect('app.bot_form_entries');
