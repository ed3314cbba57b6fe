-- Module bot: the configuration of a bot is published in versions; a draft is tried out before it goes live.

-- What was published, never changed afterwards. The fields are those of bot/domain/settings.py; one that is missing
-- has its default.
create table app.bot_versions (
  business_id uuid not null references app.businesses (id),
  number int not null check (number > 0),
  config jsonb not null check (jsonb_typeof(config) = 'object'),
  note text not null default '' check (length(note) <= 300),
  restored_from int,                          -- an earlier version was published again
  published_by uuid,                          -- null: by us, when the business began
  published_at timestamptz not null default now(),
  primary key (business_id, number)
);
call private.protect('app.bot_versions');

insert into app.bot_versions (business_id, number, config)
select business_id, 1, jsonb_build_object(
  'name', name, 'instructions', instructions, 'fallback_text', fallback_text, 'quiet_ms', quiet_ms,
  'max_wait_ms', greatest(max_wait_ms, quiet_ms), 'knowledge_threshold', knowledge_threshold)
from app.bot_settings;

alter table app.bot_settings
  add column published int,                   -- the version that answers; null: the defaults do
  add column draft jsonb,                     -- null: nothing differs from what is published
  add column draft_revision int not null default 0,  -- counts every change of the draft: two people at once are told
  add column draft_by uuid,
  add column draft_at timestamptz,
  add foreign key (business_id, published) references app.bot_versions (business_id, number);
update app.bot_settings set published = 1;
alter table app.bot_settings
  drop column name, drop column instructions, drop column fallback_text, drop column quiet_ms,
  drop column max_wait_ms, drop column knowledge_threshold;
