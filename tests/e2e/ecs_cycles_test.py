#!/usr/bin/env python3
"""What an infrastructure tool does with ECS: create, read, change, read again, delete; with botocore's own client, its
validation, its pages and its waiters. And an agent that registers its instance by the identity document."""
import json
import os
import unittest

import botocore.session
from botocore.exceptions import ClientError

SESSION = botocore.session.get_session()
OPTIONS = {"region_name": "us-east-1", "endpoint_url": os.environ["ENDPOINT"],
           "aws_access_key_id": "test", "aws_secret_access_key": "test"}
ecs = SESSION.create_client("ecs", **OPTIONS)
ec2 = SESSION.create_client("ec2", **OPTIONS)


class Cycles(unittest.TestCase):
    def refused(self, call, code, **arguments):
        with self.assertRaises(ClientError) as raised:
            call(**arguments)
        self.assertEqual(raised.exception.response["Error"]["Code"], code)
        return raised.exception.response["Error"]["Message"]

    def test_cluster_with_capacity_providers(self):
        provider = ecs.create_capacity_provider(
            name="cp", autoScalingGroupProvider={"autoScalingGroupArn": "group", "managedScaling": {"status": "ENABLED"}},
            tags=[{"key": "a", "value": "b"}])["capacityProvider"]
        cluster = ecs.create_cluster(clusterName="tf", tags=[{"key": "a", "value": "b"}],
                                     settings=[{"name": "containerInsights", "value": "enabled"}])["cluster"]
        self.assertEqual(cluster["status"], "ACTIVE")
        ecs.put_cluster_capacity_providers(
            cluster="tf", capacityProviders=["cp"],
            defaultCapacityProviderStrategy=[{"capacityProvider": "cp", "weight": 1, "base": 2}])
        read = ecs.describe_clusters(clusters=[cluster["clusterArn"]],
                                     include=["TAGS", "SETTINGS", "CONFIGURATIONS", "STATISTICS"])["clusters"][0]
        self.assertEqual(read["capacityProviders"], ["cp"])
        self.assertEqual(read["defaultCapacityProviderStrategy"],
                         [{"capacityProvider": "cp", "weight": 1, "base": 2}])
        self.assertEqual(read["tags"], [{"key": "a", "value": "b"}])
        ecs.update_cluster(cluster="tf", configuration={"executeCommandConfiguration": {"logging": "DEFAULT"}})
        ecs.update_cluster_settings(cluster="tf", settings=[{"name": "containerInsights", "value": "disabled"}])
        read = ecs.describe_clusters(clusters=["tf"], include=["SETTINGS", "CONFIGURATIONS"])["clusters"][0]
        self.assertEqual(read["settings"], [{"name": "containerInsights", "value": "disabled"}])
        self.assertEqual(read["configuration"], {"executeCommandConfiguration": {"logging": "DEFAULT"}})
        self.refused(ecs.delete_capacity_provider, "ClientException", capacityProvider="cp")
        ecs.put_cluster_capacity_providers(cluster="tf", capacityProviders=[], defaultCapacityProviderStrategy=[])
        ecs.delete_capacity_provider(capacityProvider=provider["capacityProviderArn"])
        self.assertEqual(ecs.delete_cluster(cluster="tf")["cluster"]["status"], "INACTIVE")

    def test_task_definition(self):
        sent = {"family": "tf", "networkMode": "awsvpc", "cpu": "256", "memory": "512",
                "requiresCompatibilities": ["EC2"], "volumes": [{"name": "data", "host": {"sourcePath": "/srv"}}],
                "placementConstraints": [{"type": "memberOf", "expression": "attribute:rack exists"}],
                "containerDefinitions": [
                    {"name": "web", "image": "nginx:alpine", "essential": True,
                     "healthCheck": {"command": ["CMD", "true"]},
                     "mountPoints": [{"sourceVolume": "data", "containerPath": "/data"}],
                     "portMappings": [{"containerPort": 80, "name": "http", "appProtocol": "http"}]}]}
        made = ecs.register_task_definition(**sent, tags=[{"key": "a", "value": "b"}])
        arn = made["taskDefinition"]["taskDefinitionArn"]
        read = ecs.describe_task_definition(taskDefinition=arn, include=["TAGS"])
        self.assertEqual(read["taskDefinition"], made["taskDefinition"])
        self.assertEqual(read["tags"], [{"key": "a", "value": "b"}])
        web = read["taskDefinition"]["containerDefinitions"][0]
        self.assertEqual(web["healthCheck"], {"command": ["CMD", "true"], "interval": 30, "timeout": 5, "retries": 3})
        self.assertIn(arn, ecs.get_paginator("list_task_definitions").paginate(familyPrefix="tf")
                      .build_full_result()["taskDefinitionArns"])
        self.assertEqual(ecs.delete_task_definitions(taskDefinitions=[arn])["failures"][0]["arn"], arn)
        ecs.deregister_task_definition(taskDefinition=arn)
        gone = ecs.delete_task_definitions(taskDefinitions=[arn])["taskDefinitions"][0]
        self.assertEqual(gone["status"], "DELETE_IN_PROGRESS")

    def test_account_setting_default(self):
        ecs.put_account_setting_default(name="containerInsights", value="enabled")
        read = ecs.list_account_settings(name="containerInsights", effectiveSettings=True)["settings"]
        self.assertEqual(read[0]["value"], "enabled")
        ecs.put_account_setting_default(name="containerInsights", value="disabled")
        self.assertIn("no longer disable", self.refused(
            ecs.put_account_setting_default, "InvalidParameterException", name="taskLongArnFormat", value="disabled"))

    def test_tag(self):
        arn = ecs.create_cluster(clusterName="tagged")["cluster"]["clusterArn"]
        ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "b"}])
        self.assertEqual(ecs.list_tags_for_resource(resourceArn=arn)["tags"], [{"key": "a", "value": "b"}])
        ecs.untag_resource(resourceArn=arn, tagKeys=["a"])
        self.assertEqual(ecs.list_tags_for_resource(resourceArn=arn)["tags"], [])

    def test_services_are_told_truly(self):
        ecs.create_cluster(clusterName="plain")
        self.assertEqual(ecs.list_services(cluster="plain")["serviceArns"], [])
        failure = ecs.describe_services(cluster="plain", services=["web"])["failures"][0]
        self.assertEqual(failure["reason"], "MISSING")
        self.refused(ecs.create_service, "NotImplemented", cluster="plain", serviceName="web")

    def test_an_agent_registers_its_instance(self):
        ecs.create_cluster(clusterName="own")
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        instance = ec2.run_instances(ImageId=image, InstanceType="t3.medium", MinCount=1, MaxCount=1)["Instances"][0]
        document = json.dumps({"instanceId": instance["InstanceId"], "region": "us-east-1"})
        made = ecs.register_container_instance(
            cluster="own", instanceIdentityDocument=document, tags=[{"key": "a", "value": "b"}],
            attributes=[{"name": "rack", "value": "r1"}])["containerInstance"]
        self.assertEqual(made["ec2InstanceId"], instance["InstanceId"])
        arns = ecs.list_container_instances(cluster="own", filter="attribute:rack == r1")["containerInstanceArns"]
        self.assertEqual(arns, [made["containerInstanceArn"]])
        ecs.register_task_definition(family="nap", networkMode="awsvpc", cpu="128", memory="64", containerDefinitions=[
            {"name": "nap", "image": "busybox", "command": ["sleep", "600"]}])
        task = ecs.run_task(cluster="own", taskDefinition="nap", networkConfiguration={
            "awsvpcConfiguration": {"subnets": [instance["SubnetId"]]}})["tasks"][0]["taskArn"]
        ecs.get_waiter("tasks_running").wait(cluster="own", tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        ecs.stop_task(cluster="own", task=task, reason="enough")
        ecs.get_waiter("tasks_stopped").wait(cluster="own", tasks=[task], WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        read = ecs.describe_tasks(cluster="own", tasks=[task])["tasks"][0]
        self.assertEqual((read["stopCode"], read["stoppedReason"]), ("UserInitiated", "enough"))
        ecs.deregister_container_instance(cluster="own", containerInstance=made["containerInstanceArn"])
        ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
        ec2.get_waiter("instance_terminated").wait(InstanceIds=[instance["InstanceId"]],
                                                   WaiterConfig={"Delay": 1, "MaxAttempts": 60})


if __name__ == "__main__":
    unittest.main(verbosity=2)
