-- Module whatsapp: message templates whole, as Meta lists them, and how each came to stand where it stands.

alter table app.message_templates
  add column components jsonb,                       -- Meta's own; null: known by an event only
  add column parameter_format text,                  -- POSITIONAL, NAMED
  add column created_at timestamptz not null default now(),
  add column synced_at timestamptz,                  -- read from Meta's list at this time
  add column deleted_at timestamptz;                 -- Meta's list has it no more, or we deleted it
create index message_templates_newest on app.message_templates (business_id, created_at desc, id desc);

alter table app.whatsapp_accounts
  add column templates_synced_at timestamptz,        -- the last time its list was read whole
  add column templates_trouble text;                 -- why the last try failed

-- What changed about a template and when; written by the trigger below, whoever changes it.
create table app.message_template_changes (
  business_id uuid not null,
  id bigint generated always as identity,
  template_id uuid not null,
  at timestamptz not null,
  what text not null check (what in ('status', 'category', 'quality', 'components', 'deleted')),
  before text,
  after text,
  primary key (business_id, id),
  foreign key (business_id, template_id) references app.message_templates (business_id, id) on delete cascade
);
create index message_template_changes_newest on app.message_template_changes (business_id, template_id, id desc);
call private.protect('app.message_template_changes');

create function private.keep_template_changes() returns trigger language plpgsql set search_path = '' as $$
declare
  was app.message_templates := case when tg_op = 'UPDATE' then old end;
begin
  insert into app.message_template_changes (business_id, template_id, at, what, before, after)
  select new.business_id, new.id, new.changed_at, c.what, c.before, c.after
  from (values
    ('status', was.status, new.status),
    ('category', was.category, new.category),
    ('quality', was.quality, new.quality),
    ('components', case when was.components is not null then '' end,
                   case when was.components is not null and was.components is distinct from new.components then 'changed'
                        when was.components is not null then '' end),
    ('deleted', was.deleted_at::text, new.deleted_at::text)) c(what, before, after)
  where c.before is distinct from c.after;
  return null;
end $$;
revoke all on function private.keep_template_changes() from public;
create trigger message_templates_changes after insert or update on app.message_templates
  for each row execute function private.keep_template_changes();
