export const up = (knex) =>
  knex.schema.createTable("items", (table) => {
    table.increments();
    table.string("name").notNullable();
    table.integer("quantity").notNullable().defaultTo(0);
    table.timestamps(true, true);
  });

export const down = (knex) => knex.schema.dropTable("items");
