-- Module whatsapp: the example files of message templates. Meta lists them by addresses that change from day to day,
-- so components are kept without; here is which file of ours is whose example, by the place of the header.

alter table app.message_templates
  add column example_files jsonb not null default '{}';   -- {"header": media id, "carousel.cards.0.header": media id}
