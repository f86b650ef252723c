import { loadBalancing } from "../../core/clients.ts";
import { customResourceHandler } from "../custom-resource.ts";
import { properties } from "./contract.ts";
import { productionListener } from "./production-listener.ts";

export const handler = customResourceHandler(() => productionListener({ loadBalancing: loadBalancing() }), properties);
