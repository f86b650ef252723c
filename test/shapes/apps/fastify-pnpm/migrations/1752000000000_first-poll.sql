-- Up Migration
insert into polls (question) values ('Tea or coffee?');

-- Down Migration
delete from polls where question = 'Tea or coffee?';
