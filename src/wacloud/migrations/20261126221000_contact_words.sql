-- Module whatsapp: the words of people's names, and the ends of their phones, so that a search reads the people it finds.
--
-- See 20261126220000_word_index.sql. Words are never taken out while somebody is there: what is found by an old name is
-- looked at before it is shown, and whoever is erased loses them.

create table app.contact_words (
  business_id uuid not null,
  word text collate "C" not null,            -- without accents and capitals; of a phone all of it, and its last digits
  contact_id uuid not null,
  primary key (business_id, word, contact_id),
  foreign key (business_id, contact_id) references app.contacts (business_id, id) on delete cascade
);
create index contact_words_contact on app.contact_words (business_id, contact_id, word);
call private.protect('app.contact_words', 'business_id', 'select');

create function private.words_of_contact(names text, phone text) returns setof text
language sql immutable parallel safe set search_path = '' as $$
  select distinct left(w, 60) from (
    select regexp_split_to_table(private.plain(names), '[^[:alnum:]]+') as w
    union all select right(phone, n) from unnest(array[4, 6, 7, 8, 9, 10, 20]) n) x
  where w <> ''
$$;

-- Whole batches at once for those who come; one by one for the few that change.
create function private.keep_words_of_new() returns trigger language plpgsql set search_path = '' as $$
begin
  insert into app.contact_words (business_id, word, contact_id)
  select f.business_id, w, f.id
  from fresh f cross join lateral private.words_of_contact(concat_ws(' ', f.name, f.profile_name, f.username), f.phone) w
  order by 1, 2, 3
  on conflict do nothing;
  return null;
end $$;
create trigger contacts_words_new after insert on app.contacts referencing new table as fresh
  for each statement execute function private.keep_words_of_new();

create function private.keep_words_of_changed() returns trigger language plpgsql set search_path = '' as $$
begin
  insert into app.contact_words (business_id, word, contact_id)
  select new.business_id, w, new.id
  from private.words_of_contact(concat_ws(' ', new.name, new.profile_name, new.username), new.phone) w
  on conflict do nothing;
  return null;
end $$;
create trigger contacts_words_changed after update of name, profile_name, username, phone on app.contacts
  for each row when ((old.name, old.profile_name, old.username, old.phone)
                     is distinct from (new.name, new.profile_name, new.username, new.phone))
  execute function private.keep_words_of_changed();
revoke all on function private.words_of_contact(text, text), private.keep_words_of_new(), private.keep_words_of_changed() from public;
grant execute on function private.words_of_contact(text, text) to wacloud_worker;

-- The owner, too, is bound by row level security and would see nothing to take in.
alter table app.contacts no force row level security;
alter table app.contact_words no force row level security;
insert into app.contact_words (business_id, word, contact_id)
select c.business_id, w, c.id
from app.contacts c
cross join lateral private.words_of_contact(concat_ws(' ', c.name, c.profile_name, c.username), c.phone) w
on conflict do nothing;
alter table app.contacts force row level security;
alter table app.contact_words force row level security;
