import { Stack } from "aws-cdk-lib";
import { CfnPullThroughCacheRule, Repository, TagMutability } from "aws-cdk-lib/aws-ecr";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";

/** The images of releases, and a cache of the public image that they are based on. */
export class Images extends Construct {
  readonly repository: Repository;
  private readonly baseImageName: string;
  private readonly baseImageArn: string;

  constructor(scope: Construct, id: string, { prefix }: { prefix: string }) {
    super(scope, id);
    // A registry has one rule per prefix: one that stages shared would belong to the first of them.
    this.baseImageName = `${prefix}/docker/library/node`;
    this.baseImageArn = Stack.of(this).formatArn({
      service: "ecr",
      resource: "repository",
      resourceName: this.baseImageName,
    });
    new CfnPullThroughCacheRule(this, "BaseImages", {
      ecrRepositoryPrefix: prefix,
      upstreamRegistryUrl: "public.ecr.aws",
    });
    // No lifecycle rule: one by number or age would expire the live image. lambdas/events/prune knows which is needed.
    this.repository = new Repository(this, "Repository", {
      repositoryName: prefix,
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
    });
  }

  /** The official image of a major version of Node.js. */
  baseImage(node: number): string {
    const { account, region, urlSuffix } = Stack.of(this);
    return `${account}.dkr.ecr.${region}.${urlSuffix}/${this.baseImageName}:${node}-slim`;
  }

  /** The first pull of a cached image also imports it: https://docs.aws.amazon.com/AmazonECR/latest/userguide/pull-through-cache-iam.html */
  grantBaseImage(grantee: IGrantable): void {
    const actions = ["BatchGetImage", "GetDownloadUrlForLayer", "BatchImportUpstreamImage", "CreateRepository"];
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({ actions: actions.map((action) => `ecr:${action}`), resources: [this.baseImageArn] }),
    );
  }
}
