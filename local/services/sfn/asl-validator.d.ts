declare module "asl-validator" {
  /** Fills in `QueryLanguage` in the definition it is given. */
  export default function validate(definition: object): {
    isValid: boolean;
    errors: readonly { "Error code": string; Message: string; schemaError?: { instancePath: string } }[];
  };
}
