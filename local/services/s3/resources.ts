import { z } from "zod";
import { defineResource, type AnyResourceType } from "#local/cloud/index.ts";

const bucketProperties = z.strictObject({
  BucketName: z
    .string()
    .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/)
    .optional(),
});

/** CloudFormation types of S3, which has no client here: buckets are only named, by the project of a build. */
export function s3Resources(region: string): AnyResourceType[] {
  const stateOf = (name: string) => ({
    physicalId: name,
    attributes: {
      Arn: `arn:aws:s3:::${name}`,
      DomainName: `${name}.s3.amazonaws.com`,
      RegionalDomainName: `${name}.s3.${region}.amazonaws.com`,
    },
  });
  const bucket = defineResource({
    type: "AWS::S3::Bucket",
    properties: bucketProperties,
    inert: [
      "BucketEncryption",
      "PublicAccessBlockConfiguration",
      "LifecycleConfiguration",
      "OwnershipControls",
      "VersioningConfiguration",
      "Tags",
    ],
    createOnly: ["BucketName"],
    nameProperty: "BucketName",
    create: ({ BucketName }, context) => stateOf(BucketName ?? context.generatedName(63).toLowerCase()),
    update: ({ physicalId }) => stateOf(physicalId),
    delete: () => undefined,
  });
  const policy = defineResource({
    type: "AWS::S3::BucketPolicy",
    properties: z.strictObject({ Bucket: z.string() }),
    inert: ["PolicyDocument"],
    createOnly: ["Bucket"],
    create: ({ Bucket }) => ({ physicalId: Bucket }),
    delete: () => undefined,
  });
  return [bucket, policy];
}
