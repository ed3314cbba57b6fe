-- Module whatsapp: texts a team writes often, by a shortcut.
create table app.canned_replies (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  shortcut text not null check (length(shortcut) between 1 and 32),
  text text not null check (length(text) between 1 and 4096),
  language text check (language in ('es', 'en')),    -- null: whatever the customer speaks
  primary key (business_id, id)
);
create unique index canned_replies_shortcut on app.canned_replies (business_id, lower(shortcut));
call private.protect('app.canned_replies');
