-- Module whatsapp: what of the inbox somebody wants to see again and again, for themselves or for all of the team.
create table app.saved_views (
  business_id uuid not null references app.businesses (id),
  id uuid not null,
  user_id uuid,                                      -- whose it is; null: everybody's
  name text not null check (length(name) between 1 and 40),
  show text not null,                                -- one of the views every inbox has
  label_id uuid,
  search text not null default '' check (length(search) <= 100),
  created_at timestamptz not null,
  primary key (business_id, id),
  foreign key (business_id, user_id) references app.members (business_id, user_id) on delete cascade,
  foreign key (business_id, label_id) references app.labels (business_id, id) on delete cascade
);
create index saved_views_label on app.saved_views (business_id, label_id);
call private.protect('app.saved_views');
alter policy members on app.saved_views
  using (business_id = any ((select private.my_businesses())::uuid[]) and (user_id is null or user_id = (select auth.uid())))
  with check (business_id = any ((select private.my_businesses())::uuid[]) and (user_id is null or user_id = (select auth.uid())));
