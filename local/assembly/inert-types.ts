/**
 * Resource types without a counterpart on one machine: accepted without effect and listed at start.
 * `idPrefix` begins the physical id, `attributes` are for Fn::GetAtt; `$` is replaced by the physical id.
 */
export const inertTypes: Readonly<Record<string, { idPrefix: string; attributes?: Record<string, string> }>> = {
  "AWS::EC2::VPC": {
    idPrefix: "vpc",
    attributes: { VpcId: "$", DefaultSecurityGroup: "sg-default", CidrBlock: "10.0.0.0/16" },
  },
  "AWS::EC2::Subnet": { idPrefix: "subnet", attributes: { SubnetId: "$" } },
  "AWS::EC2::RouteTable": { idPrefix: "rtb", attributes: { RouteTableId: "$" } },
  "AWS::EC2::SubnetRouteTableAssociation": { idPrefix: "rtbassoc" },
  "AWS::EC2::Route": { idPrefix: "route" },
  "AWS::EC2::InternetGateway": { idPrefix: "igw", attributes: { InternetGatewayId: "$" } },
  "AWS::EC2::VPCGatewayAttachment": { idPrefix: "attachment" },
  "AWS::EC2::EIP": { idPrefix: "eipalloc", attributes: { AllocationId: "$", PublicIp: "127.0.0.1" } },
  "AWS::EC2::NatGateway": { idPrefix: "nat", attributes: { NatGatewayId: "$" } },
  "AWS::EC2::SecurityGroup": { idPrefix: "sg", attributes: { GroupId: "$", VpcId: "vpc" } },
  "AWS::EC2::SecurityGroupIngress": { idPrefix: "sgr" },
  "AWS::EC2::SecurityGroupEgress": { idPrefix: "sgr" },
  "AWS::CDK::Metadata": { idPrefix: "metadata" },
};
