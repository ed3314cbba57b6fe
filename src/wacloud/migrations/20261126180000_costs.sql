-- Module whatsapp: what Meta charges. A message is counted once, in the month it was delivered in, by its country,
-- category and type of price; rates are data with the day they begin. A month's estimate is counts times rates, so that
-- a rate that comes late, or is put right, is right for the past too.

alter table app.whatsapp_accounts add column currency text, add column time_zone text;   -- as Meta says; null: not known yet
alter table app.conversations add column free_entry_until timestamptz;   -- Meta's free entry point window, 72 hours
alter table app.messages add column counted boolean not null default false;              -- in delivery_counts

create table app.delivery_counts (
  business_id uuid not null,
  number_id uuid not null,
  month date not null,                        -- its first day, in the time zone of the WABA (UTC where we do not know it): there the free tier begins anew
  country text not null,                      -- of the recipient; 'ZZ' where neither phone nor BSUID tells
  category text not null,                     -- service, utility, marketing, ... as Meta names it
  type text not null,                         -- regular costs; free_customer_service, free_entry_point and others do not
  messages bigint not null,
  primary key (business_id, number_id, month, country, category, type),
  foreign key (business_id, number_id) references app.phone_numbers (business_id, id)
);
call private.protect('app.delivery_counts');

-- The same for everybody, as Meta publishes them for each country.
create table app.message_rates (
  country text not null,                      -- two letters
  category text not null,
  currency text not null,
  effective_from date not null,
  amount numeric(12, 6) not null check (amount >= 0),
  source text not null,
  primary key (country, category, currency, effective_from)
);
-- So that a first look shows something: the list prices of six countries and of the rest of Latin America, as others
-- quote Meta's card of October 2026. `wacloud rates import` brings the card itself.
insert into app.message_rates (country, category, currency, effective_from, amount, source)
select c.country, p.category, 'USD', '2026-10-01', p.amount, 'quoted from Meta''s rate card of October 2026'
from (values
  ('{CO}'::text[], 0.0125, 0.0008), ('{MX}', 0.0397, 0.0085), ('{BR}', 0.0625, 0.0068), ('{CL}', 0.0889, 0.0200),
  ('{AR}', 0.0618, 0.0260), ('{PE}', 0.0703, 0.0300),
  ('{BO,CR,DO,EC,GT,HN,HT,JM,NI,PA,PR,PY,SV,UY,VE}', 0.0740, 0.0113)
) as quoted(countries, marketing, utility)
cross join lateral unnest(quoted.countries) as c(country)
cross join lateral (values
  ('marketing', quoted.marketing), ('utility', quoted.utility), ('service', quoted.utility)) as p(category, amount);

-- After the rows: from here on not even the owner writes them.
call private.open_to_system('app.message_rates', 'select, insert, update');
