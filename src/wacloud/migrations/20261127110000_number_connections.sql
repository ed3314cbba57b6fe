-- Module whatsapp: how a number is on its way from "I have a phone number" to "connected", step by step.

create table app.number_connections (
  business_id uuid not null references app.businesses (id),
  id uuid not null,
  way text not null check (way in ('embedded', 'token', 'simulator')),
  state text not null default 'open' check (state in ('open', 'done', 'abandoned')),
  step text not null default 'access',
  access_token text,                          -- encrypted; gone once the number has it, or nobody goes on
  pin text,                                   -- encrypted; noted before Meta is told it
  waba_id text,
  phone_number_id text,
  number_id uuid,                             -- ours: set from the start where a number is connected again
  facts jsonb not null default '{}',          -- what Meta said on the way: granted accounts, their numbers, no secret
  problem jsonb,                              -- why the last step did not go well
  doing_since timestamptz,                    -- a step is under way; long ago: whoever did it is gone
  attempt int not null default 0,             -- what is recorded for an older one is not recorded
  created_by uuid,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (business_id, id),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id)
);
create index number_connections_newest on app.number_connections (business_id, created_at desc, id desc);
-- What the code of serve seals is no business of a member's own session.
call private.protect('app.number_connections', 'business_id', 'select (business_id, id, way, state, step, waba_id, phone_number_id, number_id, created_at, changed_at)');
-- Secrets of all businesses are put under a new key together.
call private.open_to_system('app.number_connections', 'select, update');

alter table app.phone_numbers
  add column
  pin text,                                   -- encrypted; the two-step code it was registered with here
  add column is_coexistent boolean not null default false,   -- in the WhatsApp Business app, too
  add column connected_at timestamptz;        -- the last time somebody connected it by the pages or the API
