-- Module whatsapp: words that are nearly those somebody searches for, and people by two words of their name at once.
--
-- The operators of a trigram index are not leakproof, so under row level security every word would be compared. Here a word
-- stands under what it sounds like in Spanish, and under that with any one letter left out: two words with a slip of the
-- finger between them have one of these in common, and each is looked up whole (the rest is in infra/near_words.py).

create function private.sound_of(word text) returns text
language sql immutable parallel safe strict set search_path = '' as $$
  select regexp_replace(translate(
    regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(regexp_replace(
      word, 'ch', '1', 'g'), 'll|y', 'i', 'g'), 'qu(?=[ei])', 'k', 'g'), 'c(?=[ei])', 's', 'g'),
      'g(?=[ei])', 'j', 'g'), 'gu(?=[ei])', 'g', 'g'),
    'zvcwh', 'sbkb'), '(.)\1+', '\1', 'g')
$$;

-- The sound, and the sound without any one of its letters, or any two.
create function private.near_keys(word text, missing int) returns setof text
language sql immutable parallel safe strict set search_path = '' as $$
  with recursive s(key, missing, place) as (
    select private.sound_of(word), 0, 1
    union
    select overlay(s.key placing '' from i for 1), s.missing + 1, i
    from s cross join lateral generate_series(s.place, length(s.key)) i where s.missing < $2 and length(s.key) > 3
  )
  select distinct key from s where key <> ''
$$;
revoke all on function private.sound_of(text), private.near_keys(text, int) from public;
grant execute on function private.sound_of(text), private.near_keys(text, int) to authenticated, wacloud_worker;

-- Words of three letters and more, of what was said (their stems) and of names. `near` is also the word itself.
create table app.near_words (
  business_id uuid not null references app.businesses (id),
  near text collate "C" not null,
  word text collate "C" not null,
  primary key (business_id, near, word)
);
create index near_words_word on app.near_words (business_id, word);
call private.protect('app.near_words', 'business_id', 'select');

-- A name's words two by two, in their order: two names that many people have are one look-up.
create or replace function private.words_of_contact(names text, phone text) returns setof text
language sql immutable parallel safe set search_path = '' as $$
  with name_words as (
    select left(w, 60) as w, min(n) as n
    from regexp_split_to_table(private.plain(names), '[^[:alnum:]]+') with ordinality s(w, n)
    where w <> '' group by 1 order by 2 limit 12
  )
  select w from name_words
  union select left(a.w || ' ' || b.w, 60) from name_words a join name_words b on a.n < b.n where a.n <= 5 and b.n <= 6
  union select right(phone, n) from unnest(array[4, 6, 7, 8, 9, 10, 20]) n where phone <> ''
$$;

-- What was said and who was called how before today is taken in by the job: it begins again.
alter table app.word_marks no force row level security;
alter table app.contacts no force row level security;
alter table app.contact_words no force row level security;
delete from app.word_marks;
insert into app.contact_words (business_id, word, contact_id)
select c.business_id, w, c.id
from app.contacts c
cross join lateral private.words_of_contact(concat_ws(' ', c.name, c.profile_name, c.username), c.phone) w
on conflict do nothing;
alter table app.word_marks force row level security;
alter table app.contacts force row level security;
alter table app.contact_words force row level security;
