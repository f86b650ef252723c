import { App, Stack } from "aws-cdk-lib";
import { Bucket } from "aws-cdk-lib/aws-s3";
import { defineConfig, DeployPipeline } from "lockstep/cdk";

const uploadsName = "shop-production-uploads";

const app = new App();

// The stacks that `lockstep infra deploy` would create: repository, database, load balancer, service, pipeline.
const shop = new DeployPipeline(app, "Shop", {
  config: defineConfig({
    name: "shop",
    app: {},
    stages: { production: { branch: "main", variables: { UPLOADS_BUCKET: uploadsName } } },
  }),
});

// A resource of the team's own, which the app of every release may use.
const uploads = new Bucket(new Stack(app, "ShopUploads"), "Uploads", { bucketName: uploadsName });
uploads.grantReadWrite(shop.stage("production").service.webService.taskRole);
