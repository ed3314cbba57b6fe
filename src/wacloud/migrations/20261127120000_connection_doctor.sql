-- Module whatsapp: whether each connected number works, what is wrong with it, and since when.

-- The last look at a number; while `finished_at` is older than `asked_at`, one waits or is under way.
create table app.number_checkups (
  business_id uuid not null,
  number_id uuid not null,
  asked_at timestamptz not null,
  started_at timestamptz,
  finished_at timestamptz,
  step int not null default 0,                        -- how many of its questions are answered
  primary key (business_id, number_id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id) on delete cascade
);
call private.protect('app.number_checkups');

-- What each check found the last time.
create table app.number_checks (
  business_id uuid not null,
  number_id uuid not null,
  code text not null,                                 -- which check
  state text not null check (state in ('ok', 'warning', 'broken', 'unknown')),
  cause text not null,                                -- why, as a stable word
  details jsonb not null default '{}',                -- what its words are filled with
  seen_at timestamptz not null,
  since timestamptz not null,                         -- it has been in this state
  broken_since timestamptz,                           -- what could not be asked in between does not mend it
  times int not null default 0,                       -- found broken so often in a row
  told text,                                          -- the notice that was told of it; null: none, or it is settled
  primary key (business_id, number_id, code),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id) on delete cascade
);
call private.protect('app.number_checks');

-- Every change of it.
create table app.number_check_changes (
  business_id uuid not null,
  id bigint generated always as identity,
  number_id uuid not null,
  code text not null,
  at timestamptz not null,
  before text,
  after text not null,
  cause text not null,
  primary key (business_id, id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id) on delete cascade
);
create index number_check_changes_newest on app.number_check_changes (business_id, number_id, id desc);
call private.protect('app.number_check_changes');

-- A word that somebody writes to the number from a phone, to see that it comes in.
create table app.echo_tests (
  business_id uuid not null,
  id uuid not null,
  number_id uuid not null,
  word text not null,
  asked_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (business_id, id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id) on delete cascade
);
create index echo_tests_newest on app.echo_tests (business_id, number_id, asked_at desc);
call private.protect('app.echo_tests');

create index phone_numbers_held on app.phone_numbers (business_id) where state = 'held';
