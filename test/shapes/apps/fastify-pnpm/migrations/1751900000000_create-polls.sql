-- Up Migration
create table polls (
  id integer generated always as identity primary key,
  question text not null,
  votes integer not null default 0
);

-- Down Migration
drop table polls;
