import { Column, Entity, PrimaryGeneratedColumn } from "typeorm";

@Entity("bookings")
export class Booking {
  @PrimaryGeneratedColumn()
  id!: number;

  @Column({ type: "text" })
  guest!: string;

  @Column({ type: "date" })
  arrival!: string;
}
