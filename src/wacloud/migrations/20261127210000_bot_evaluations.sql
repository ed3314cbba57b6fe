-- Module bot: golden questions of a business, and how each version of its bot answers them.

create table app.golden_questions (
  business_id uuid not null references app.businesses (id),
  id uuid not null,
  question text not null check (length(question) between 2 and 500),
  expects text not null check (expects in ('answer', 'person')),
  facts text[] not null default '{}',           -- each must stand in the answer; "a | b" is one of several ways
  forbidden text[] not null default '{}',       -- none may
  source uuid,                                  -- the item of the knowledge it is to come from, while there is one
  language text check (language in ('es', 'en', 'pt')),
  created_at timestamptz not null default now(),
  primary key (business_id, id)
);
create index golden_questions_order on app.golden_questions (business_id, created_at, id);
call private.protect('app.golden_questions');

-- One run over all of them.
create table app.bot_evaluations (
  business_id uuid not null references app.businesses (id),
  id uuid not null,
  version int,                                  -- null: of a draft
  config jsonb not null,
  state text not null check (state in ('waiting', 'running', 'done')),
  total int not null default 0,
  right_answers int not null default 0,
  wrong int not null default 0,
  invented int not null default 0,
  refused int not null default 0,
  unheard int not null default 0,
  model text,
  cost_usd numeric(14, 8) not null default 0,
  asked_by uuid,
  asked_at timestamptz not null default now(),
  finished_at timestamptz,
  primary key (business_id, id)
);
create index bot_evaluations_newest on app.bot_evaluations (business_id, asked_at desc, id);
call private.protect('app.bot_evaluations');

-- What was answered to each of them in that run.
create table app.bot_evaluation_answers (
  business_id uuid not null,
  evaluation_id uuid not null,
  question_id uuid not null,                    -- it may have been changed or removed since
  question text not null,
  outcome text not null check (outcome in ('right', 'wrong', 'invented', 'refused', 'unheard')),
  checks jsonb not null,
  answer text,
  why text not null,
  source text not null,
  ms int not null,
  cost_usd numeric(14, 8),
  primary key (business_id, evaluation_id, question_id),
  foreign key (business_id, evaluation_id) references app.bot_evaluations (business_id, id) on delete cascade
);
call private.protect('app.bot_evaluation_answers');
