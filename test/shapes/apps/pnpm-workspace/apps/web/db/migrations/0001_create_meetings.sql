create table meetings (
  id integer generated always as identity primary key,
  title text not null,
  day date not null
);
