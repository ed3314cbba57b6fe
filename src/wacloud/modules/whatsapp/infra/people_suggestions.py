"""Who may be one person: the pairs that look alike, and by what."""

# Each way to be alike is a key that both have; a key of many people says nothing. Evidence that proves it has merged
# them before: what is left here needs somebody's eye.
SUGGESTIONS = """
with someone as (
  select p.id, nullif(private.plain(coalesce(p.name, p.profile_name)), '') as called, lower(p.username) as username,
         p.phone, right(p.phone, 7) as phone_end
  from app.contacts p
  where p.business_id = %(business)s and p.merged_into is null and p.erased_at is null
), keyed as (
  select id, 'same_username' as reason, username as key from someone where username is not null
  union all select id, 'same_phone_end', right(phone, 9) from someone where length(phone) >= 9
  union all select id, 'same_name', called || ' ' || phone_end from someone
    where length(called) > 2 and phone is not null
  union all select id, 'hides_phone', called from someone where length(called) > 4 and position(' ' in called) > 0
), alike as (
  select reason, array_agg(id order by id) as ids from keyed group by reason, key having count(*) between 2 and 4
), pairs as (
  select o.id as one, t.id as other, array_agg(distinct alike.reason) as reasons
  from alike
  cross join lateral unnest(alike.ids) as a(id) cross join lateral unnest(alike.ids) as b(id)
  join someone o on o.id = a.id join someone t on t.id = b.id
  where a.id < b.id and (%(id)s::uuid is null or %(id)s in (a.id, b.id))
    -- A name alone counts only where one of the two shows no number.
    and (alike.reason <> 'hides_phone' or (o.phone is null) <> (t.phone is null))
  group by 1, 2
)
select p.one, p.other, p.reasons from pairs p
where not exists (select from app.different_contacts d
                  where d.business_id = %(business)s and d.one = p.one and d.other = p.other)
order by p.one desc, p.other desc limit %(limit)s
"""
