import { Module } from "@nestjs/common";
import { TypeOrmModule } from "@nestjs/typeorm";
import { Booking } from "./booking.entity.js";
import { BookingsController } from "./bookings.controller.js";
import { options } from "./data-source.js";
import { HealthController } from "./health.controller.js";

@Module({
  imports: [TypeOrmModule.forRoot(options), TypeOrmModule.forFeature([Booking])],
  controllers: [BookingsController, HealthController],
})
export class AppModule {}
