create table incidents (
  id integer generated always as identity primary key,
  title text not null,
  created_at timestamptz not null default now()
);
