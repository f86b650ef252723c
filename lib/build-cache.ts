import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { CfnProject, type Project } from "aws-cdk-lib/aws-codebuild";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";

/**
 * Keeps what builds install. One bucket per stage: only builds that deploy to the stage write there.
 * Retained, because a bucket with objects cannot be deleted: it empties itself, and its generated name is never in the way.
 */
export class BuildCache extends Construct {
  private readonly bucket: Bucket;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.bucket = new Bucket(this, "Bucket", {
      encryption: BucketEncryption.S3_MANAGED,
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      lifecycleRules: [{ expiration: Duration.days(30), abortIncompleteMultipartUploadAfter: Duration.days(1) }],
      removalPolicy: RemovalPolicy.RETAIN,
    });
  }

  /** The construct library's own cache would also allow the project to list and delete all objects. */
  useIn(project: Project): void {
    const { defaultChild } = project.node;
    if (!(defaultChild instanceof CfnProject)) throw new Error("The build project has no CloudFormation resource");
    const { bucket } = this;
    defaultChild.addPropertyOverride("Cache", { Type: "S3", Location: `${bucket.bucketName}/builds` });
    // As the console's own policy for a cache: https://docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
    const objects = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject"];
    const place = ["s3:GetBucketAcl", "s3:GetBucketLocation"];
    project.addToRolePolicy(new PolicyStatement({ actions: objects, resources: [bucket.arnForObjects("builds/*")] }));
    project.addToRolePolicy(new PolicyStatement({ actions: place, resources: [bucket.bucketArn] }));
  }
}
