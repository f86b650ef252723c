import type { MigrationInterface, QueryRunner } from "typeorm";

export class CreateBookings1757000000000 implements MigrationInterface {
  name = "CreateBookings1757000000000";

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "bookings" (
        "id" SERIAL PRIMARY KEY,
        "guest" text NOT NULL,
        "arrival" date NOT NULL
      )
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DROP TABLE "bookings"`);
  }
}
