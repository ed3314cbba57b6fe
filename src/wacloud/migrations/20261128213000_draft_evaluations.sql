-- Module bot: a draft is asked the golden questions before anybody publishes it.

alter table app.bot_evaluations add column is_draft boolean not null default false;
