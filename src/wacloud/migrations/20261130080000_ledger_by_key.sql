-- PostgreSQL 18 skips through an index whose first columns are not all given. Beside the rows of many businesses it took
-- the ledger's for as good as the key's, and read all messages of one moment for each that it moved. With the id behind
-- it that leads to one row, too.
create index messages_in_ledger on app.messages (business_id, direction, state, created_at desc, id desc);
drop index app.messages_ledger;
