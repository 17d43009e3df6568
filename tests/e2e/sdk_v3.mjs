// The AWS SDK for JavaScript v3 as a client: its serialisers, paginators and waiters judge what we answer.
// Run by sdk_v3_test.sh beside a daemon; modules come from where that script found them.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const require = createRequire(process.env.ENIBOX_NODE_MODULES + "/");
const ecs = require("@aws-sdk/client-ecs");
const ec2 = require("@aws-sdk/client-ec2");
const cloudwatch = require("@aws-sdk/client-cloudwatch");
const logs = require("@aws-sdk/client-cloudwatch-logs");
const ssm = require("@aws-sdk/client-ssm");
const sts = require("@aws-sdk/client-sts");

const common = {
  endpoint: process.env.ENDPOINT,
  region: "ap-southeast-2",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  maxAttempts: 1,
};

// Every item of every page.
async function all(paginate, client, input, member, pageSize) {
  const found = [];
  let pages = 0;
  for await (const page of paginate({ client, pageSize }, input)) {
    pages += 1;
    found.push(...(page[member] ?? []));
  }
  return { found, pages };
}

async function refused(promise, name) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.name, name, error.message);
    assert.match(error.$metadata.requestId, /^[0-9a-f-]{36}$/);
    return true;
  });
}

const stories = {
  async "STS says who asks"() {
    const client = new sts.STSClient(common);
    const who = await client.send(new sts.GetCallerIdentityCommand({}));
    assert.equal(who.Account, "000000000000");
    const role = await client.send(new sts.AssumeRoleCommand({
      RoleArn: "arn:aws:iam::000000000000:role/r", RoleSessionName: "me" }));
    assert.ok(role.Credentials.Expiration instanceof Date);
  },

  async "EC2 makes, pages, waits and deletes"() {
    const client = new ec2.EC2Client(common);
    const { Vpc } = await client.send(new ec2.CreateVpcCommand({ CidrBlock: "10.7.0.0/16",
      TagSpecifications: [{ ResourceType: "vpc", Tags: [{ Key: "Name", Value: "js & <sdk>" }] }] }));
    await ec2.waitUntilVpcAvailable({ client, maxWaitTime: 20, minDelay: 1 }, { VpcIds: [Vpc.VpcId] });
    const { Subnet } = await client.send(new ec2.CreateSubnetCommand({ VpcId: Vpc.VpcId, CidrBlock: "10.7.1.0/24" }));
    await ec2.waitUntilSubnetAvailable({ client, maxWaitTime: 20, minDelay: 1 }, { SubnetIds: [Subnet.SubnetId] });
    const made = [];
    for (let i = 0; i < 12; i += 1) {
      const { NetworkInterface } = await client.send(new ec2.CreateNetworkInterfaceCommand({ SubnetId: Subnet.SubnetId }));
      made.push(NetworkInterface.NetworkInterfaceId);
    }
    await ec2.waitUntilNetworkInterfaceAvailable({ client, maxWaitTime: 20, minDelay: 1 }, { NetworkInterfaceIds: made });
    const { found, pages } = await all(ec2.paginateDescribeNetworkInterfaces, client,
      { Filters: [{ Name: "subnet-id", Values: [Subnet.SubnetId] }] }, "NetworkInterfaces", 5);
    assert.equal(pages, 3);
    assert.deepEqual(found.map((eni) => eni.NetworkInterfaceId).sort(), made.sort());
    assert.equal((await all(ec2.paginateDescribeVpcs, client, {
      Filters: [{ Name: "tag:Name", Values: ["js*"] }] }, "Vpcs", 5)).found[0].Tags[0].Value, "js & <sdk>");
    await refused(client.send(new ec2.DeleteSubnetCommand({ SubnetId: Subnet.SubnetId })), "DependencyViolation");
    await refused(client.send(new ec2.DescribeVpcsCommand({ DryRun: true })), "DryRunOperation");
    for (const id of made) await client.send(new ec2.DeleteNetworkInterfaceCommand({ NetworkInterfaceId: id }));
    await client.send(new ec2.DeleteSubnetCommand({ SubnetId: Subnet.SubnetId }));
    await client.send(new ec2.DeleteVpcCommand({ VpcId: Vpc.VpcId }));
    await refused(client.send(new ec2.DescribeVpcsCommand({ VpcIds: [Vpc.VpcId] })), "InvalidVpcID.NotFound");
  },

  async "ECS registers, pages and refuses"() {
    const client = new ecs.ECSClient(common);
    for (let i = 0; i < 7; i += 1) await client.send(new ecs.CreateClusterCommand({ clusterName: `js-${i}` }));
    const clusters = await all(ecs.paginateListClusters, client, {}, "clusterArns", 3);
    assert.equal(clusters.found.length, 7);
    assert.equal(clusters.pages, 3);
    for (let i = 0; i < 5; i += 1) {
      await client.send(new ecs.RegisterTaskDefinitionCommand({ family: "js", networkMode: "awsvpc",
        containerDefinitions: [{ name: "web", image: "nginx:alpine", memory: 32, environment: [{ name: "N", value: `${i}` }] }] }));
    }
    const definitions = await all(ecs.paginateListTaskDefinitions, client, { familyPrefix: "js" }, "taskDefinitionArns", 2);
    assert.equal(definitions.found.length, 5);
    const { taskDefinition } = await client.send(new ecs.DescribeTaskDefinitionCommand({ taskDefinition: "js:3" }));
    assert.equal(taskDefinition.containerDefinitions[0].environment[0].value, "2");
    assert.ok(taskDefinition.registeredAt instanceof Date);
    await refused(client.send(new ecs.DescribeTaskDefinitionCommand({ taskDefinition: "none" })), "ClientException");
    await refused(client.send(new ecs.ListTasksCommand({ cluster: "none" })), "ClusterNotFoundException");
    const nothing = await client.send(new ecs.DescribeTasksCommand({ cluster: "js-0", tasks: ["0".repeat(32)] }));
    assert.equal(nothing.failures[0].reason, "MISSING");
    // The waiter's own way to say so.
    await assert.rejects(ecs.waitUntilTasksRunning({ client, maxWaitTime: 10, minDelay: 1 },
      { cluster: "js-0", tasks: ["0".repeat(32)] }), /MISSING|FAILURE/);
  },

  async "CloudWatch speaks CBOR, compressed and not"() {
    const client = new cloudwatch.CloudWatchClient(common);
    const at = new Date(Date.now() - 120_000);
    const data = Array.from({ length: 600 }, (_, i) => ({ MetricName: `m${i}`, Value: i + 0.5, Timestamp: at,
      Unit: "Count", Dimensions: [{ Name: "Name", Value: "x".repeat(50) }] }));
    await client.send(new cloudwatch.PutMetricDataCommand({ Namespace: "js", MetricData: data }));
    const metrics = await all(cloudwatch.paginateListMetrics, client, { Namespace: "js" }, "Metrics");
    assert.equal(metrics.found.length, 600);
    assert.equal(metrics.pages, 2);
    const StartTime = new Date(Date.now() - 3_600_000), EndTime = new Date(Date.now() + 60_000);
    const read = await all(cloudwatch.paginateGetMetricData, client, { StartTime, EndTime, MetricDataQueries: [{ Id: "a",
      MetricStat: { Metric: { Namespace: "js", MetricName: "m7", Dimensions: data[0].Dimensions }, Period: 60, Stat: "p50" } }] },
      "MetricDataResults");
    assert.deepEqual(read.found[0].Values, [7.5]);
    assert.ok(read.found[0].Timestamps[0] instanceof Date);
    await refused(client.send(new cloudwatch.GetMetricStatisticsCommand({ Namespace: "js", MetricName: "m7", Period: 7,
      StartTime, EndTime, Statistics: ["Sum"] })), "InvalidParameterValueException");
  },

  async "Logs put, page and filter"() {
    const client = new logs.CloudWatchLogsClient(common);
    await client.send(new logs.CreateLogGroupCommand({ logGroupName: "/js" }));
    for (let i = 0; i < 5; i += 1) {
      await client.send(new logs.CreateLogStreamCommand({ logGroupName: "/js", logStreamName: `s${i}` }));
    }
    const streams = await all(logs.paginateDescribeLogStreams, client, { logGroupName: "/js" }, "logStreams", 2);
    assert.equal(streams.found.length, 5);
    const now = Date.now();
    await client.send(new logs.PutLogEventsCommand({ logGroupName: "/js", logStreamName: "s0",
      logEvents: [{ timestamp: now, message: "one \u00e4" }, { timestamp: now, message: "two" }] }));
    const events = await all(logs.paginateFilterLogEvents, client, { logGroupName: "/js", filterPattern: "one" }, "events");
    assert.deepEqual(events.found.map((event) => event.message), ["one \u00e4"]);
    await refused(client.send(new logs.CreateLogGroupCommand({ logGroupName: "/js" })), "ResourceAlreadyExistsException");
  },

  async "SSM keeps parameters"() {
    const client = new ssm.SSMClient(common);
    for (let i = 0; i < 5; i += 1) {
      await client.send(new ssm.PutParameterCommand({ Name: `/js/p${i}`, Value: `${i}`, Type: "String" }));
    }
    const byPath = await all(ssm.paginateGetParametersByPath, client, { Path: "/js" }, "Parameters", 2);
    assert.deepEqual(byPath.found.map((one) => one.Value), ["0", "1", "2", "3", "4"]);
    assert.equal(byPath.pages, 3);
    await refused(client.send(new ssm.GetParameterCommand({ Name: "/none" })), "ParameterNotFound");
  },
};

for (const [name, story] of Object.entries(stories)) {
  await story();
  console.log("ok  " + name);
}
