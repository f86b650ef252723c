insert into entries (name, message) values ('The host', 'Welcome!');
