"""How jobs are found: Search, GetResources, ListTrainingJobs; and what their logs measured."""

import time

import pytest
from botocore.exceptions import ClientError


@pytest.fixture(scope="module")
def server(start):
    """One with three jobs, the last of them failed."""
    server = start("--time-scale", "0.01")
    for name, script, tags, hyperparameters in (
        ("one", "true", {"Project": "p", "Task": "a"}, {"lr": "0.1", "a.b": '"x"'}),
        ("two", "echo loss: 0.75", {"Project": "p", "Task": "b"}, {"lr": "0.01"}),
        ("three", "exit 3", {"Project": "q"}, {}),
    ):
        request = server.request(script, name=name, HyperParameters=hyperparameters)
        request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "loss", "Regex": "loss: ([0-9.]+)"}]
        request["Tags"] = [{"Key": key, "Value": value} for key, value in tags.items()]
        server.sagemaker.create_training_job(**request)
        server.ended(name)
    return server


def found(server, *filters, **options):
    expression = {"SearchExpression": {"Filters": [entry(each) for each in filters]}} if filters else {}
    answer = server.sagemaker.search(Resource="TrainingJob", **expression, **options)
    return [each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]]


def entry(text):
    name, operator, value = text.split(" ")
    return {"Name": name, "Operator": operator, **({"Value": value} if value != "-" else {})}


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([], ["three", "two", "one"]),
        (["Tags.Project Equals p"], ["two", "one"]),
        (["Tags.Project Equals p", "Tags.Task Equals b"], ["two"]),
        (["Tags.Task NotExists -"], ["three"]),
        (["Tags.Task Exists -"], ["two", "one"]),
        (["Tags.Project In p,q"], ["three", "two", "one"]),
        (["TrainingJobStatus Equals Failed"], ["three"]),
        (["TrainingJobStatus NotEquals Failed"], ["two", "one"]),
        (["TrainingJobName Contains O"], ["two", "one"]),
        (["ResourceConfig.InstanceCount GreaterThan 1"], []),
        (["ResourceConfig.InstanceType Equals ml.m5.large"], ["three", "two", "one"]),
        (["HyperParameters.lr LessThan 0.05"], ["two"]),
        (['HyperParameters.a.b Equals "x"'], ["one"]),
        (["Metrics.loss GreaterThanOrEqualTo 0.75"], ["two"]),
        (["Metrics.loss LessThan 0.75"], []),
        (["CreationTime GreaterThan 2020-01-01T00:00:00Z"], ["three", "two", "one"]),
        (["CreationTime LessThanOrEqualTo 2020-01-01T00:00:00Z"], []),
        (["InputDataConfig.ChannelName Equals code"], ["three", "two", "one"]),
        (["NoSuch.Property Equals x"], []),
    ],
)
def test_filters(server, filters, names):
    assert found(server, *filters) == names


def test_expressions(server):
    either = {"Operator": "Or", "Filters": [entry("Tags.Task Equals a"), entry("TrainingJobStatus Equals Failed")]}
    answer = server.sagemaker.search(Resource="TrainingJob", SearchExpression=either)
    assert [each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]] == ["three", "one"]
    both = {"SubExpressions": [either, {"Filters": [entry("Tags.Project Equals p")]}]}
    answer = server.sagemaker.search(Resource="TrainingJob", SearchExpression=both)
    assert [each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]] == ["one"]
    uri = "InputDataConfig.DataSource.S3DataSource.S3Uri"
    nested = {"NestedPropertyName": "InputDataConfig", "Filters": [entry(f"{uri} Contains /two/")]}
    answer = server.sagemaker.search(Resource="TrainingJob", SearchExpression={"NestedFilters": [nested]})
    assert [each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]] == ["two"]


def test_order_and_pages(server):
    assert found(server, SortBy="TrainingJobName", SortOrder="Ascending") == ["one", "three", "two"]
    names, token = [], {}
    while True:
        answer = server.sagemaker.search(Resource="TrainingJob", MaxResults=2, **token)
        names.append([each["TrainingJob"]["TrainingJobName"] for each in answer["Results"]])
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert names == [["three", "two"], ["one"]]
    with pytest.raises(ClientError, match="ValidationException"):
        server.sagemaker.search(Resource="TrainingJob", NextToken="bm9uZQ==")
    with pytest.raises(ClientError, match="needs a Value"):
        found(server, "TrainingJobName Equals -")


def test_what_a_record_tells(server):
    (record,) = server.sagemaker.search(
        Resource="TrainingJob", SearchExpression={"Filters": [entry("TrainingJobName Equals two")]}
    )["Results"]
    job = record["TrainingJob"]
    assert job["Tags"] == [{"Key": "Project", "Value": "p"}, {"Key": "Task", "Value": "b"}]
    described = server.describe("two")
    assert {name: job[name] for name in described if name in job} == {
        name: value for name, value in described.items() if name in job
    }
    assert server.sagemaker.search(Resource="Experiment")["Results"] == []
    assert server.sagemaker.list_processing_jobs()["ProcessingJobSummaries"] == []


def tagged(server, **request):
    answer = server.client("resourcegroupstaggingapi").get_resources(**request)
    return [each["ResourceARN"].rpartition("/")[2] for each in answer["ResourceTagMappingList"]]


def test_resources_by_tags(server):
    kind = {"ResourceTypeFilters": ["sagemaker:training-job"]}
    assert tagged(server, **kind) == ["one", "three", "two"]
    assert tagged(server, **kind, TagFilters=[{"Key": "Project", "Values": ["p"]}]) == ["one", "two"]
    both = [{"Key": "Project", "Values": ["p", "q"]}, {"Key": "Task"}]
    assert tagged(server, **kind, TagFilters=both) == ["one", "two"]
    assert tagged(server, ResourceTypeFilters=["sagemaker"]) == ["one", "three", "two"]
    assert tagged(server, TagFilters=[{"Key": "Nobody"}]) == []
    arn = server.describe("two")["TrainingJobArn"]
    assert tagged(server, ResourceARNList=[arn]) == ["two"]
    server.s3.create_bucket(Bucket="tagged-bucket")
    tags = {"TagSet": [{"Key": "Project", "Value": "p"}]}
    server.s3.put_bucket_tagging(Bucket="tagged-bucket", Tagging=tags)
    assert set(tagged(server, TagFilters=[{"Key": "Project", "Values": ["p"]}])) == {
        "arn:aws:s3:::tagged-bucket",
        "one",
        "two",
    }
    assert tagged(server, ResourceTypeFilters=["s3"]) == ["arn:aws:s3:::tagged-bucket"]


def test_pages_of_resources(server):
    client = server.client("resourcegroupstaggingapi")
    pages = client.get_paginator("get_resources").paginate(
        ResourceTypeFilters=["sagemaker:training-job"], PaginationConfig={"PageSize": 2}
    )
    sizes = [len(page["ResourceTagMappingList"]) for page in pages]
    assert sizes == [2, 1]
    with pytest.raises(ClientError, match="PaginationTokenExpired"):
        client.get_resources(PaginationToken="bm9uZQ==")


def test_metrics_are_found_in_the_log(server):
    request = server.request(
        """echo "epoch 1 loss=2.5 acc=0.1"; sleep 1.1
        printf 'a tab\\there loss=1e-3 acc=nan\\n'; echo "loss=none"; echo "acc=0.9 acc=0.95" """
    )
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "train:loss", "Regex": r"loss=(\\S+)".replace("\\\\", "\\")},
        {"Name": "acc", "Regex": "acc=([0-9.]+|nan)"},
        {"Name": "never", "Regex": "never=(.*)"},
    ]
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    metrics = {each["MetricName"]: each for each in job["FinalMetricDataList"]}
    assert {name: round(each["Value"], 6) for name, each in metrics.items()} == {"train:loss": 0.001, "acc": 0.95}
    assert job["TrainingStartTime"] < metrics["acc"]["Timestamp"] <= job["TrainingEndTime"]


def test_a_regex_that_is_none_is_refused(server):
    request = server.request()
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "x", "Regex": "("}]
    with pytest.raises(ClientError, match="ValidationException"):
        server.sagemaker.create_training_job(**request)


def test_a_metric_that_re2_does_not_read_is_taken_and_not_found(server):
    request = server.request("echo loss=1 acc=0.5")
    request["AlgorithmSpecification"]["MetricDefinitions"] = [
        {"Name": "behind", "Regex": "(?<=loss=)([0-9])"},
        {"Name": "named", "Regex": "(?i)ACC=(?<value>[0-9.]+)"},
    ]
    server.sagemaker.create_training_job(**request)
    job = server.ended(request["TrainingJobName"])
    assert [(each["MetricName"], each["Value"]) for each in job["FinalMetricDataList"]] == [("named", 0.5)]


@pytest.mark.parametrize(
    ("expression", "line"),
    [
        ("x=([0-9.]+)+%$", "x=" + "1" * 16_000),
        ("a*b|(a)", "a" * 16_000),
        ("(?:.*[ab].{999}[bc]|[ad])(x?)", "abaab" * 3_200),
        ("((((a?){1000}){1000}){1000})b", "a" * 16_000),
        ("(x+x+)+\\1y", "x" * 16_000),
    ],
)
def test_no_expression_holds_the_server_up(server, expression, line):
    script = f"i=0; while [ $i -lt 20 ]; do echo {line}; i=$((i+1)); done"
    request = server.request(script)
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "x", "Regex": expression}]
    server.sagemaker.create_training_job(**request)
    slowest, status = 0.0, "InProgress"
    while status == "InProgress":
        begun = time.monotonic()
        job = server.sagemaker.describe_training_job(TrainingJobName=request["TrainingJobName"])
        slowest, status = max(slowest, time.monotonic() - begun), job["TrainingJobStatus"]
    assert status == "Completed"
    assert slowest < 1
    assert (job["TrainingEndTime"] - job["CreationTime"]).total_seconds() < 15


@pytest.mark.parametrize("expression", ["x{99999999999999999999}(", "(" * 300, "x(?P<a>", "[x"])
def test_an_expression_that_nobody_reads_is_refused(server, expression):
    request = server.request()
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": "x", "Regex": expression}]
    with pytest.raises(ClientError, match="is not a regular expression"):
        server.sagemaker.create_training_job(**request)
