"""The runbook: what it names exists. `tests/test_documentation.py` tests its `labgrader` commands."""

from __future__ import annotations

import re
import shlex

from tests.infra.template_reading import ROOT, of_type, template

RUNBOOK = (ROOT / "docs" / "operate.md").read_text()
BLOCKS = re.findall(r"```bash\n(.*?)```", RUNBOOK, re.DOTALL)
LINES = [line.strip() for block in BLOCKS for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def test_all_other_commands_of_the_runbook_are_aws_commands() -> None:
    others = {shlex.split(line, comments=True)[0] for line in LINES if not line.startswith("labgrader ")}
    assert others == {"aws", "QUEUE=ADDRESS"}


def test_the_runbook_names_existing_resources() -> None:
    document = template()
    groups = {
        group["LogGroupName"].replace("${AWS::StackName}", "labgrader")
        for group in of_type("AWS::Logs::LogGroup").values()
    }
    named = set(re.findall(r"`(/[a-z/]+)`", RUNBOOK)) | set(re.findall(r"logs tail (\S+)", RUNBOOK))
    assert named == groups
    parameters = {name for line in LINES for name in re.findall(r"--set (\w+)=", line)}
    assert parameters <= set(document["Parameters"])
    for name, default in (("ApiRate", 20), ("ApiBurst", 40), ("LongRunSeconds", 7200), ("LogRetentionDays", 30)):
        assert document["Parameters"][name]["Default"] == default
        assert re.search(rf"\| .*`{name}`.*\|.*\b{default}\b", RUNBOOK)
    for output in ("DeadLettersUrl", "GradeClassArn", "TokenKeyArn"):
        assert output in document["Outputs"]
        assert output in RUNBOOK
