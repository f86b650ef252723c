/** The template asks for something that the local cloud does not run, or is not sound. Thrown before anything starts. */
export class TemplateNotSupported extends Error {
  override readonly name = "TemplateNotSupported";
}

/** The folder is no cloud assembly that can be read. */
export class AssemblyInvalid extends Error {
  override readonly name = "AssemblyInvalid";
}

/** A resource could not be made or changed. */
export class ProvisioningFailed extends Error {
  override readonly name = "ProvisioningFailed";
}
