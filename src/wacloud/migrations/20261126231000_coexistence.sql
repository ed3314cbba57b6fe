-- Module whatsapp: numbers that are in the WhatsApp Business app and here at once (coexistence).

-- How far the earlier chats of a number have come. Chunks come in any order and twice: nothing of this goes back.
alter table app.phone_numbers
  add column history_phase int,                      -- the furthest: 0 the last day, 1 up to 90 days back, 2 up to 180
  add column history_chunk int,                      -- of that phase
  add column history_progress int check (history_progress between 0 and 100),   -- of all of them; 100: all are here
  add column history_at timestamptz;                 -- the newest word of it

-- The app's address book names people, too. What somebody wrote here stays; of the app's words the newest counts.
alter table app.contacts
  add column named_at timestamptz,                   -- the name is of somebody here: a page, a program, a file
  add column app_saved_at timestamptz,               -- saved or edited in the app
  add column app_removed_at timestamptz;             -- taken out of the app's address book; the person stays

-- Whose the names are that are there already, nobody can say any more: they are kept.
alter table app.contacts no force row level security;
update app.contacts set named_at = updated_at where name is not null;
alter table app.contacts force row level security;
