-- A campaign is written in one transaction, so thousands of messages have one created_at, and the planner takes an index
-- of that alone for as good as the key's: it read all of them for each message it moved. With the id behind it either
-- index leads to one row, and the index of words, which goes by both, needs no sort.
create index messages_in_order on app.messages (business_id, created_at desc, id desc);
drop index app.messages_newest;
