import * as z from "zod/mini";
import { ledgerEnvironment } from "../../release/ledgers/contract.ts";

export const environment = z.object({ ...ledgerEnvironment.shape, DATABASE_SECRET_ARN: z.string() });
