-- Jobs that wait for something to open, such as a number that may not send: one probe looks whether it is open and
-- wakes them all, instead of each looking every few seconds.

alter table app.jobs add column waits_for text;   -- what it waits for; run_at is when it looks for itself at the latest
create index jobs_waiting on app.jobs (tenant, waits_for) where waits_for is not null and state = 'ready';
