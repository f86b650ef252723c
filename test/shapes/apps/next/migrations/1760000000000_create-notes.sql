-- Up Migration
create table notes (
  id integer generated always as identity primary key,
  body text not null,
  created_at timestamptz not null default now()
);

-- Down Migration
drop table notes;
