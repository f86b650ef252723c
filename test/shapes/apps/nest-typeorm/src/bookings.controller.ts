import { Body, Controller, Get, Post } from "@nestjs/common";
import { InjectRepository } from "@nestjs/typeorm";
import { Repository } from "typeorm";
import { Booking } from "./booking.entity.js";

@Controller("bookings")
export class BookingsController {
  constructor(@InjectRepository(Booking) private readonly bookings: Repository<Booking>) {}

  @Get()
  list(): Promise<Booking[]> {
    return this.bookings.find({ order: { arrival: "asc" } });
  }

  @Post()
  create(@Body() { guest, arrival }: { guest: string; arrival: string }): Promise<Booking> {
    return this.bookings.save({ guest, arrival });
  }
}
