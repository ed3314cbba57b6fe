-- Module whatsapp: files of messages. The bytes are in the media store (MEDIA_URL); here is what is known of them.

create table app.media (
  business_id uuid not null references app.businesses (id),
  id uuid not null default gen_random_uuid(),
  kind text not null check (kind in ('image', 'video', 'audio', 'document', 'sticker')),
  -- waiting: to be fetched; fetching: begun; stored; failed: `reason` says why; removed: kept long enough
  state text not null check (state in ('waiting', 'fetching', 'stored', 'failed', 'removed')),
  reason text,
  key text not null,                          -- its place in the store: random, told by nobody outside
  -- Of what comes in: where Meta has it and for how long. An upload of our own has none of these.
  number_id uuid,
  meta_id text,
  url text,                                   -- as the webhook told it; good for minutes
  sha256 bytea,                               -- as Meta told it, then as it is
  declared_type text,
  fetch_until timestamptz,
  attempts int not null default 0,
  message_id uuid,                            -- the message it came in, with its partition key
  message_created_at timestamptz,
  -- What it is.
  content_type text,                          -- by its bytes, not by what anybody said
  file_name text,                             -- for people; never a path of ours
  voice boolean not null default false,
  size bigint,
  width int,
  height int,
  duration_s real,
  thumb_type text,                            -- a small picture is at key + '.thumb'
  play_type text,                             -- what browsers play that cannot play the file itself, at key + '.play'
  kept_bytes bigint not null default 0,       -- counted against the business's room
  transcript text,
  uploaded_by uuid,
  used_at timestamptz,                        -- of an upload: when it was first put into a message
  created_at timestamptz not null default now(),
  primary key (business_id, id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id)
);
create index media_open on app.media (business_id, created_at) where state in ('waiting', 'fetching');
create index media_unused on app.media (business_id, created_at) where meta_id is null and used_at is null and state in ('waiting', 'stored');
create index media_age on app.media (business_id, created_at) where state = 'stored';

-- An upload as Meta has it: by number, for thirty days.
create table app.media_uploads (
  business_id uuid not null,
  media_id uuid not null,
  number_id uuid not null,
  meta_id text not null,
  expires_at timestamptz not null,
  primary key (business_id, media_id, number_id),
  foreign key (business_id, media_id) references app.media (business_id, id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id)
);

-- How much room a business's files take, and how much it has; without a quota of its own, as the settings say.
create table app.media_room (
  business_id uuid primary key references app.businesses (id),
  used_bytes bigint not null default 0 check (used_bytes >= 0),
  quota_bytes bigint check (quota_bytes >= 0)
);

call private.protect('app.media', 'business_id', 'select, update (used_at)');
call private.protect('app.media_uploads');
call private.protect('app.media_room');
